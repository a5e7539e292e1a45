"""After an outage the subscriptions are renewed, and what happened without them is not read."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.wiring import Feed, Parts


class _AtStartOnly:
    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def catch_up(self) -> None:
        await self._feed.catch_up()

    async def run(self) -> None:
        await asyncio.Event().wait()  # until cancelled


def _feeds(_: Parts, feeds: Sequence[Feed]) -> Sequence[Feed]:
    return [_AtStartOnly(feed) for feed in feeds]


def compose(seams: Seams) -> Seams:
    """The feeds are wrapped."""
    return replace(seams, wrap_feeds=_feeds)
