"""Reads at an interval: the feed itself, and the feeds of the architecture that polls everything."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.order_feed import OrderFeed
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.storage.healed import Pass
from stockstorm.reference_service.wiring import Feed, Parts

log = structlog.get_logger()


class IntervalFeed:
    """Calls `poll` once to catch up and then every `interval_s` seconds. Intervals missed by a long poll are skipped.

    With `at_start` false the first poll is after the first interval. `name` labels the metric of the polls' durations.
    """

    def __init__(
        self, name: str, interval_s: float, poll: Callable[[], Awaitable[object]], *, at_start: bool = True
    ) -> None:
        self._name = name
        self._interval_s = interval_s
        self._poll = poll
        self._at_start = at_start

    async def catch_up(self) -> None:
        """Polls once if `at_start` is true."""
        if self._at_start:
            await self._poll_once()

    async def run(self) -> None:
        """Polls at every interval until cancelled."""
        due = time.monotonic() + self._interval_s
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._poll_once()
            late = max(0.0, time.monotonic() - due)
            due += self._interval_s * (1 + late // self._interval_s)

    async def _poll_once(self) -> None:
        started = time.monotonic()
        await self._poll()
        metrics.POLL_SECONDS.labels(self._name).observe(time.monotonic() - started)


class StockPoll:
    """Reads the levels that changed since the last poll, or all every FULL_READ_EVERY_S and after a clock step back."""

    def __init__(self, parts: Parts) -> None:
        self._reader = parts.reader
        self._admin_lock = parts.admin_lock
        self._since_ns = self._polled_ns = time.time_ns()  # the worker's start reads everything
        self._full_read_at = time.monotonic() + limits.FULL_READ_EVERY_S

    async def read(self, healing: Pass | None = None, *, full: bool = False) -> int:
        """Polls once; returns the number of levels. The next poll begins where this one began.

        So it finds what changes during this one. A pass of reconciliation ends where it leaves things alone.
        """
        now_ns = time.time_ns()
        async with self._admin_lock:
            if full or now_ns < self._polled_ns or time.monotonic() >= self._full_read_at:
                count = await self._reader.read_all(healing)
                self._full_read_at = time.monotonic() + limits.FULL_READ_EVERY_S
            else:
                since_ns = self._since_ns - round(limits.POLL_OVERLAP_S * SECOND_NS)
                count = await self._reader.read_changed(since_ns, healing)
        self._since_ns, self._polled_ns = now_ns if healing is None else healing.until_ns, now_ns
        log.debug("stock_polled", levels=count)
        return count


def order_loop(parts: Parts, channel: str, *, claim_max: int = limits.FEED_PAGE_MAX) -> WorkLoop:
    """The loop over a channel's orders endpoint, `claim_max` notifications in a transaction."""
    feed = OrderFeed(parts.pool, channel, parts.marketplaces[channel], parts.rng)
    handler = parts.handlers[WorkType.CHANNEL]
    return WorkLoop(WorkType.CHANNEL, feed, handler, parts.announce, parts.rng, claim_max=claim_max)


def polling_feeds(parts: Parts, interval_s: float, read_shop_orders: Callable[[], Awaitable[object]]) -> list[Feed]:
    """One feed for each channel's orders, one for the stock levels, one for the shop's own orders.

    They run independently, so an unreachable marketplace delays only its own orders.
    """
    channels = [IntervalFeed(f"orders of {name}", interval_s, order_loop(parts, name).drain) for name in parts.pushers]
    stock = IntervalFeed("stock", interval_s, StockPoll(parts).read)
    return [*channels, stock, IntervalFeed("orders of the shop", interval_s, read_shop_orders)]
