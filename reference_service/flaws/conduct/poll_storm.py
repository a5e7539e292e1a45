"""The whole catalogue is read forty times a second beside the webhooks, which uses up the query points."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.documents import ITEMS
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.wiring import Feed, Parts

PACE_S = 0.025


class _Storm:
    def __init__(self, parts: Parts) -> None:
        self._admin = parts.admin

    async def catch_up(self) -> None:
        """There is nothing to catch up with."""

    async def run(self) -> None:
        while True:
            await self._admin.call(ITEMS, {"first": limits.PAGE_ITEMS, "after": None})
            await asyncio.sleep(PACE_S)


def _with_storm(parts: Parts, feeds: Sequence[Feed]) -> Sequence[Feed]:
    return [*feeds, *(_Storm(parts) for _ in range(4))]


def compose(seams: Seams) -> Seams:
    """To be on the safe side."""
    return replace(seams, wrap_feeds=_with_storm)
