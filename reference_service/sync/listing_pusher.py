"""Pushes quantities to one marketplace: absolute numbers, in bulk, always the newest, one push at a time.

Rows that the marketplace already shows are not pushed again. A sale by the marketplace itself makes its row unknown,
because the sale may have come before or after the last push. After a start every row is pushed.

A row that the marketplace rejects for the moment is pushed again after a delay of its own, which does not delay others.
A marketplace that answers 429 is pushed to less often from then on, with more rows in each push; the pace eases with
each push that it accepts. Each marketplace has a pusher of its own, so that one that is down holds up no other.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Collection, Container, Iterable, Mapping, Sequence
from typing import Final, Protocol

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed, Pushed
from stockstorm.reference_service.sync.signals import CompletionBarrier

log = structlog.get_logger()
UNKNOWN_SKU: Final = "unknown sku"  # the only reason that another try does not mend
ReadListable = Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]


class AcceptsListings(Protocol):
    """The part of a marketplace's client that a pusher needs."""

    async def push(self, quantities: Mapping[str, int]) -> Pushed: ...


class ListingState:
    """What one marketplace shows as far as known, and which SKUs are dirty, that is, to be pushed. No I/O."""

    def __init__(self) -> None:
        self.dirty: dict[str, None] = {}  # an ordered set: the oldest SKUs are pushed first
        self.changes = 0  # how often any SKU was touched or forgotten
        self._known: dict[str, int] = {}
        self._in_flight: dict[str, int] = {}
        self._changed_at: dict[str, int] = {}  # by SKU: `changes` when it was touched or forgotten last

    def touch(self, skus: Iterable[str]) -> None:
        """The quantity of these SKUs may have changed."""
        for sku in skus:
            self._count(sku)
            self.dirty[sku] = None

    def shown(self, since: int) -> dict[str, int]:
        """What the marketplace shows, as far as known, of the SKUs that nothing has concerned since `changes`."""
        return {
            sku: quantity
            for sku, quantity in self._known.items()
            if sku not in self.dirty and self._changed_at.get(sku, 0) <= since
        }

    def forget(self, sku: str) -> None:
        """The marketplace itself changed this row, so what it shows is unknown."""
        self._count(sku)
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

    def end_push(self, *, succeeded: bool, rejected: Container[str] = ()) -> None:
        """Records the pushed rows as known, except for the rejected ones; or makes all dirty again after a failure."""
        if succeeded:
            self._known.update({sku: units for sku, units in self._in_flight.items() if sku not in rejected})
        else:
            self.touch(self._in_flight)
        self._in_flight = {}

    def _count(self, sku: str) -> None:
        self.changes += 1
        self._changed_at[sku] = self.changes


def quantities_of(listable: Mapping[str, int], safety_stock: int) -> dict[str, int]:
    """The quantities to list: the listable units less the safety stock, but never below 0."""
    return {sku: max(0, units - safety_stock) for sku, units in listable.items()}


class RejectedRows:
    """Rows that a marketplace rejected, each until its next try. `again` gets a SKU when it is time."""

    def __init__(self, again: Callable[[Iterable[str]], None], rng: random.Random) -> None:
        self._again, self._rng = again, rng
        self._failures: dict[str, int] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def waiting(self) -> Collection[str]:
        """SKUs whose next try is not due."""
        return self._timers.keys()

    def add(self, sku: str) -> None:
        """Schedules the next try, with backoff and jitter."""
        self._failures[sku] = self._failures.get(sku, 0) + 1
        self._cancel(sku)
        delay_s = backoff_s(self._failures[sku], self._rng)
        self._timers[sku] = asyncio.get_running_loop().call_later(delay_s, self._due, sku)

    def accepted(self, skus: Iterable[str]) -> None:
        """These rows have been accepted, or there is nothing to push any more."""
        for sku in skus:
            if self._failures.pop(sku, 0):
                self._cancel(sku)

    def _due(self, sku: str) -> None:
        self._timers.pop(sku, None)
        self._again([sku])

    def _cancel(self, sku: str) -> None:
        if (timer := self._timers.pop(sku, None)) is not None:
            timer.cancel()


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
        self._rejected = RejectedRows(self.touch, rng)
        self._touched = asyncio.Event()
        self._clean = asyncio.Event()
        self._failures = 0
        self.pace_s = limits.PUSH_PACE_S  # least time between two pushes
        self._pushing = 0  # SKUs of the push under way

    @property
    def unfinished(self) -> int:
        """SKUs that were touched and not pushed since."""
        return len(self.state.dirty.keys() | self._rejected.waiting) + self._pushing

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
            await asyncio.sleep(max(wait_s, started + self.pace_s - time.monotonic(), 0.0))

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
            self._rejected.accepted(skus)
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
        again = {row.sku for row in pushed.rejected if row.reason != UNKNOWN_SKU}
        self.state.end_push(succeeded=True, rejected=again)
        self._rejected.accepted(sku for sku in skus if sku not in again)
        for sku in again & rows.keys():
            self._rejected.add(sku)
        self.pushes.end(sku for sku in skus if sku not in again)
        self._succeed()
        metrics.PUSHES.labels(self.channel, "accepted").inc()
        metrics.PUSH_ROWS.labels(self.channel).inc(len(rows) - len(pushed.rejected))
        metrics.PUSH_SECONDS.labels(self.channel).observe(time.monotonic() - started)
        if pushed.rejected:
            log.warning("listings_rejected", channel=self.channel, rows=len(pushed.rejected))
        return 0.0

    def _fail(self, failure: MarketplaceCallFailed) -> float:
        self.state.end_push(succeeded=False)
        self._failures += 1
        metrics.PUSHES.labels(self.channel, "throttled" if failure.throttled else "failed").inc()
        metrics.CHANNEL_FAILURES.labels(self.channel).set(self._failures)
        metrics.PUSHES_WAITING.labels(self.channel).set(len(self.state.dirty))
        log.warning("push_failed", channel=self.channel, attempt=self._failures, reason=str(failure))
        if failure.throttled:
            self.pace_s = min(limits.PUSH_PACE_MAX_S, 2 * self.pace_s)
        return max(failure.wait_s, backoff_s(self._failures, self._rng, limits.PUSH_BACKOFF_MAX_S))

    def _succeed(self) -> None:
        self.pace_s = max(limits.PUSH_PACE_S, limits.PUSH_PACE_EASED * self.pace_s)
        if self._failures:
            self._failures = 0
            metrics.CHANNEL_FAILURES.labels(self.channel).set(0)
            metrics.PUSHES_WAITING.labels(self.channel).set(0)
            log.info("channel_is_back", channel=self.channel)

    def _wake(self) -> None:
        if self.state.dirty:
            self._clean.clear()
            self._touched.set()
