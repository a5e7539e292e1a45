"""The whole catalogue is read without a pause beside the webhooks, whatever the API answers; it uses up the points."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import AdminApi, CallFailed
from stockstorm.reference_service.clients.documents import ITEMS
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.wiring import Feed, Parts

PACE_S = 0.025
LOOPS = 4


class _Admin(AdminApi):
    async def poll(self) -> None:
        """One read, without a look at the points that are left."""
        with suppress(CallFailed):
            await self._attempt(ITEMS, {"first": limits.PAGE_ITEMS, "after": None})


class _Storm:
    def __init__(self, admin: AdminApi) -> None:
        self._admin = admin

    async def catch_up(self) -> None:
        """There is nothing to catch up with."""

    async def run(self) -> None:
        while isinstance(self._admin, _Admin):
            await self._admin.poll()
            await asyncio.sleep(PACE_S)


def _with_storm(parts: Parts, feeds: Sequence[Feed]) -> Sequence[Feed]:
    return [*feeds, *(_Storm(parts.admin) for _ in range(LOOPS))]


def compose(seams: Seams) -> Seams:
    """To be on the safe side."""
    return replace(seams, make_admin=_Admin, wrap_feeds=_with_storm)
