"""The cursor of a marketplace's orders is stored when a page was read, before the page is worked on."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.order_feed import FeedClaim, OrderFeed, source_of
from stockstorm.reference_service.feeds.polling import IntervalFeed, StockPoll
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.queues.base import Claim
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.tables import move_position, position_of
from stockstorm.reference_service.wiring import Feed, Parts


class _Feed(OrderFeed):
    def __init__(self, parts: Parts, channel: str) -> None:
        super().__init__(parts.pool, channel, parts.marketplaces[channel], parts.rng)
        self._stock = StockPoll(parts)

    @asynccontextmanager
    async def claim(self, work_type: WorkType, limit: int) -> AsyncIterator[Claim]:  # noqa: ARG002 - only CHANNEL
        source = source_of(self._channel)
        page = await self._read(await position_of(self._pool, source) or "0", limit)
        async with self._pool.acquire() as connection:
            await move_position(connection, source, page.next_cursor)
        if page.orders:
            await self._stock.read()  # what there is to sell
        async with self._pool.acquire() as connection, connection.transaction():
            yield FeedClaim(self._channel, connection, page, self.healing)


def _feeds(parts: Parts, feeds: Sequence[Feed]) -> Sequence[Feed]:
    return [*(_orders(parts, channel) for channel in parts.pushers), *feeds[len(parts.pushers) :]]


def _orders(parts: Parts, channel: str) -> Feed:
    handler, most = parts.handlers[WorkType.CHANNEL], limits.FEED_PAGE_MAX
    loop = WorkLoop(WorkType.CHANNEL, _Feed(parts, channel), handler, parts.announce, parts.rng, claim_max=most)
    return IntervalFeed(f"orders of {channel}", parts.settings.poll_interval_s, loop.drain)


def compose(seams: Seams) -> Seams:
    """A page that was read is not read again, whatever became of it."""
    return replace(seams, wrap_feeds=_feeds)
