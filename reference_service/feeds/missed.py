"""Reads what may have been missed: after a start of the worker or the receiver, and after webhooks were refused.

A refused webhook comes again only after Shopify's next gap, which grows from 10 s to hours. Until then the listings of
all channels are wrong. So the service does not wait for it: it reads the levels that changed, and the marketplaces'
orders after its cursor. A webhook that arrives later finds its change known and has no effect.
"""

import asyncio
from collections.abc import Sequence

import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.order_feed import OrderFeed
from stockstorm.reference_service.feeds.polling import StockPoll
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.storage.database import STORE_GONE, Pool, StoreUnavailable, listening
from stockstorm.reference_service.wiring import Feed, Parts

MISSED_CHANNEL = "webhooks_missed"
log = structlog.get_logger()


async def announce_missed(pool: Pool) -> None:
    """Tells the worker that webhooks may have been refused. A worker that does not listen reads when it starts."""
    try:
        await pool.execute("SELECT pg_notify($1, '')", MISSED_CHANNEL)
    except STORE_GONE as error:
        log.warning("missed_not_announced", reason=reason_of(error))


class MissedFeed:
    """Reads once at the worker's start, and then whenever a receiver announces that webhooks may be missing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stock = StockPoll(parts)
        self._orders = [_order_loop(parts, channel) for channel in parts.pushers]
        self._missed = asyncio.Event()

    async def catch_up(self) -> None:
        """The start has read the stock already, so this reads the orders."""
        await self._read_orders()

    async def run(self) -> None:
        """Reads until cancelled. Raises StoreUnavailable once the listening connection is lost."""
        async with listening(self._parts.pool, MISSED_CHANNEL, self._on_notify, self._missed.set) as lost:
            while not lost.is_set():
                await self._missed.wait()
                self._missed.clear()
                if not lost.is_set():
                    await asyncio.gather(self._stock.read(), self._read_orders())
                    log.info("missed_read")
                    await asyncio.sleep(limits.MISSED_PACE_S)
        raise StoreUnavailable("the listening connection was closed")

    def _on_notify(self, _: str) -> None:
        self._missed.set()

    async def _read_orders(self) -> None:
        await asyncio.gather(*(loop.drain() for loop in self._orders))


def missed_feeds(parts: Parts) -> Sequence[Feed]:
    """For architectures that receive webhooks over HTTP."""
    return [MissedFeed(parts)]


def _order_loop(parts: Parts, channel: str) -> WorkLoop:
    feed = OrderFeed(parts.pool, channel, parts.marketplaces[channel], parts.rng, requeues=False)
    handler = parts.handlers[WorkType.CHANNEL]
    return WorkLoop(WorkType.CHANNEL, feed, handler, parts.announce, parts.rng, claim_max=limits.FEED_PAGE_MAX)
