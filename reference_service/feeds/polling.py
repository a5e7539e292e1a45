"""Reading at an interval: a feed made of a function that reads once."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.payloads import SECOND_NS
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.order_feed import OrderFeed
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.telemetry import metrics
from stockstorm.reference_service.wiring import Feed, Parts

log = structlog.get_logger()


class Polled:
    """Reads at once, and then every `interval_s` seconds; a read that takes longer lets its missed turns go.

    Not `at_start`: the first read is after the first interval.
    """

    def __init__(
        self, name: str, interval_s: float, poll: Callable[[], Awaitable[object]], *, at_start: bool = True
    ) -> None:
        self._name = name
        self._interval_s = interval_s
        self._poll = poll
        self._at_start = at_start

    async def catch_up(self) -> None:
        if self._at_start:
            await self._poll_once()

    async def run(self) -> None:
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
    """Reads the levels that changed since the poll before, or all of them when that cannot be told."""

    def __init__(self, parts: Parts) -> None:
        self._reader = parts.reader
        self._turn = parts.turn
        self._since_ns = time.time_ns()  # everything is read as the worker starts
        self._all_at = time.monotonic() + limits.FULL_READ_EVERY_S

    async def read(self) -> None:
        """One poll. What changes while it reads is found by the next one, which begins where this one began."""
        began_ns = time.time_ns()
        async with self._turn:
            if began_ns < self._since_ns or time.monotonic() >= self._all_at:
                # A clock that was put back knows no "since then".
                count = await self._reader.read_all()
                self._all_at = time.monotonic() + limits.FULL_READ_EVERY_S
            else:
                count = await self._reader.read_changed(self._since_ns - round(limits.POLL_OVERLAP_S * SECOND_NS))
        self._since_ns = began_ns
        log.debug("stock_polled", levels=count)


def feed_worker(parts: Parts, channel: str, *, claim_max: int = limits.FEED_PAGE_MAX) -> WorkLoop:
    """What takes a channel's orders from its feed, `claim_max` in a transaction."""
    feed = OrderFeed(parts.pool, channel, parts.markets[channel], parts.dice)
    return WorkLoop(
        WorkType.CHANNEL, feed, parts.works[WorkType.CHANNEL], parts.announce, parts.dice, claim_max=claim_max
    )


def polls_of(parts: Parts, interval_s: float, read_shop_orders: Callable[[], Awaitable[object]]) -> list[Feed]:
    """Everything that is read: each channel's orders, the levels, the shop's own orders. They do not wait for each
    other, so that a marketplace that is away holds up its own orders alone."""
    channels = [Polled(f"orders of {name}", interval_s, feed_worker(parts, name).drain) for name in parts.channels]
    stock = Polled("stock", interval_s, StockPoll(parts).read)
    return [*channels, stock, Polled("orders of the shop", interval_s, read_shop_orders)]
