"""Pushes quantities to one marketplace: absolute numbers, in bulk, always the newest, one push at a time.

Rows that the marketplace already shows are not pushed again. A sale by the marketplace itself makes its row unknown,
because the sale may have come before or after the last push. After a start every row is pushed.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed, Pushed
from stockstorm.reference_service.sync.signals import CompletionBarrier

log = structlog.get_logger()
ReadListable = Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]


class AcceptsListings(Protocol):
    """The part of a marketplace's client that a pusher needs."""

    async def push(self, quantities: Mapping[str, int]) -> Pushed: ...


class ListingState:
    """What one marketplace shows as far as known, and which SKUs are dirty, that is, to be pushed. No I/O."""

    def __init__(self) -> None:
        self.dirty: dict[str, None] = {}  # an ordered set: the oldest SKUs are pushed first
        self._known: dict[str, int] = {}
        self._in_flight: dict[str, int] = {}

    def touch(self, skus: Iterable[str]) -> None:
        """The quantity of these SKUs may have changed."""
        for sku in skus:
            self.dirty[sku] = None

    def forget(self, sku: str) -> None:
        """The marketplace itself changed this row, so what it shows is unknown."""
        self._known.pop(sku, None)
        self._in_flight.pop(sku, None)
        self.dirty[sku] = None

    def take(self, rows_max: int = limits.PUSH_ROWS_MAX) -> list[str]:
        """Removes and returns the `rows_max` SKUs that have been dirty for the longest time."""
        taken = list(itertools.islice(self.dirty, rows_max))
        for sku in taken:
            del self.dirty[sku]
        return taken

    def begin_push(self, quantities: Mapping[str, int]) -> dict[str, int]:
        """The rows that differ from what the marketplace shows. They are unknown until `end_push`."""
        rows = {sku: quantity for sku, quantity in quantities.items() if self._known.get(sku) != quantity}
        for sku in rows:
            self._known.pop(sku, None)
        self._in_flight = dict(rows)
        return rows

    def end_push(self, *, succeeded: bool) -> None:
        """Records the pushed rows as known, or makes them dirty again after a failure."""
        if succeeded:
            self._known.update(self._in_flight)
        else:
            self.touch(self._in_flight)
        self._in_flight = {}


def quantities_of(listable: Mapping[str, int], safety_stock: int) -> dict[str, int]:
    """The quantities to list: the listable units less the safety stock, but never below 0."""
    return {sku: max(0, units - safety_stock) for sku, units in listable.items()}


class ListingPusher:
    """Pushes to one channel. Only `run` pushes, so a newer push never overtakes an older one.

    `pushes`: the passes of pushing, which complete SKUs.
    """

    def __init__(
        self, channel: str, marketplace: AcceptsListings, listable: ReadListable, safety_stock: int, rng: random.Random
    ) -> None:
        self.channel = channel
        self.state = ListingState()
        self.pushes = CompletionBarrier()
        self._marketplace = marketplace
        self._listable = listable
        self._safety_stock = safety_stock
        self._rng = rng
        self._touched = asyncio.Event()
        self._clean = asyncio.Event()
        self._failures = 0
        self._pushing = 0  # SKUs of the push under way

    @property
    def unfinished(self) -> int:
        """SKUs that were touched and not pushed since."""
        return len(self.state.dirty) + self._pushing

    def touch(self, skus: Iterable[str]) -> None:
        """The quantity of these SKUs may have changed."""
        self.state.touch(skus)
        self._wake()

    def forget(self, skus: Iterable[str]) -> None:
        """The marketplace itself changed these rows."""
        for sku in skus:
            self.state.forget(sku)
        self._wake()

    async def wait_until_clean(self) -> None:
        """Returns when every touched SKU has been pushed."""
        await self._clean.wait()

    async def run(self) -> None:
        """Pushes dirty SKUs until cancelled: at once when idle, paced when busy, with backoff after a failure."""
        while True:
            if not self.state.dirty:
                self._clean.set()
                await self._touched.wait()
            self._touched.clear()
            started = time.monotonic()
            wait_s = await self.push_once()
            await asyncio.sleep(max(wait_s, started + limits.PUSH_PACE_S - time.monotonic(), 0.0))

    async def push_once(self, rows_max: int = limits.PUSH_ROWS_MAX) -> float:
        """Pushes at most `rows_max` dirty SKUs. Returns the seconds to wait after a failure, else 0."""
        skus = self.state.take(rows_max)
        if not skus:
            return 0.0
        self._pushing = len(skus)
        try:
            return await self._push(skus)
        finally:
            self._pushing = 0

    async def _push(self, skus: Sequence[str]) -> float:
        self.pushes.begin()
        try:
            quantities = quantities_of(await self._listable(skus), self._safety_stock)
        except BaseException:
            self.state.touch(skus)
            raise
        rows = self.state.begin_push(quantities)
        if not rows:
            self.pushes.end(skus)
            return 0.0
        started = time.monotonic()
        try:
            pushed = await self._marketplace.push(rows)
        except MarketplaceCallFailed as failure:
            return self._fail(failure)
        except BaseException:
            self.state.end_push(succeeded=False)
            raise
        self.state.end_push(succeeded=True)
        self.pushes.end(skus)
        self._failures = 0
        metrics.PUSHES.labels(self.channel, "accepted").inc()
        metrics.PUSH_ROWS.labels(self.channel).inc(len(rows))
        metrics.PUSH_SECONDS.labels(self.channel).observe(time.monotonic() - started)
        if pushed.rejected:
            log.warning("listings_rejected", channel=self.channel, rows=len(pushed.rejected))
        return 0.0

    def _fail(self, failure: MarketplaceCallFailed) -> float:
        self.state.end_push(succeeded=False)
        self._failures += 1
        metrics.PUSHES.labels(self.channel, "failed").inc()
        log.warning("push_failed", channel=self.channel, attempt=self._failures, reason=str(failure))
        return max(failure.wait_s, backoff_s(self._failures, self._rng))

    def _wake(self) -> None:
        if self.state.dirty:
            self._clean.clear()
            self._touched.set()
