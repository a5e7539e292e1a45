"""Keeps what each marketplace shows in step: absolute quantities, in bulk, always the newest, one push at a time.

A channel's remembered quantities spare it rows that would change nothing. A sale by the channel itself makes its row
unknown, since nobody can say whether the sale came before or after our last push. After a start everything is pushed.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed, Pushed
from stockstorm.reference_service.sync.signals import CompletionBarrier
from stockstorm.reference_service.telemetry import metrics

log = structlog.get_logger()
ReadListable = Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]


class TakesListings(Protocol):
    """A marketplace as far as listings go."""

    async def push(self, quantities: Mapping[str, int]) -> Pushed: ...


class Shown:
    """What one channel shows as far as we know, and which SKUs it has to be told. No I/O."""

    def __init__(self) -> None:
        self.dirty: dict[str, None] = {}  # a set that keeps the order, so that nothing waits for ever
        self._known: dict[str, int] = {}
        self._under_way: dict[str, int] = {}

    def touch(self, skus: Iterable[str]) -> None:
        """The quantity of these SKUs may have changed."""
        for sku in skus:
            self.dirty[sku] = None

    def forget(self, sku: str) -> None:
        """The channel itself changed the SKU's row."""
        self._known.pop(sku, None)
        self._under_way.pop(sku, None)
        self.dirty[sku] = None

    def take(self, rows_max: int = limits.PUSH_ROWS_MAX) -> list[str]:
        """The `rows_max` SKUs that are dirty the longest, which are dirty no more."""
        taken = list(itertools.islice(self.dirty, rows_max))
        for sku in taken:
            del self.dirty[sku]
        return taken

    def begin(self, quantities: Mapping[str, int]) -> dict[str, int]:
        """The rows worth pushing. Until `end` nobody knows what the channel shows of them."""
        rows = {sku: quantity for sku, quantity in quantities.items() if self._known.get(sku) != quantity}
        for sku in rows:
            self._known.pop(sku, None)
        self._under_way = dict(rows)
        return rows

    def end(self, *, done: bool) -> None:
        """The push was answered, or failed and all its rows are dirty again."""
        if done:
            self._known.update(self._under_way)
        else:
            self.touch(self._under_way)
        self._under_way = {}


def quantities_of(listable: Mapping[str, int], safety_stock: int) -> dict[str, int]:
    """What channels are to show: never less than nothing, and always less than the master by the safety stock."""
    return {sku: max(0, units - safety_stock) for sku, units in listable.items()}


class ChannelSync:
    """Pushes to one channel. `run` is its only pusher, so a newer push never overtakes an older one."""

    def __init__(
        self, channel: str, marketplace: TakesListings, listable: ReadListable, safety_stock: int, dice: random.Random
    ) -> None:
        self.channel = channel
        self.shown = Shown()
        self.rounds = CompletionBarrier()  # of pushes, each of which does SKUs
        self._marketplace = marketplace
        self._listable = listable
        self._safety_stock = safety_stock
        self._dice = dice
        self._touched = asyncio.Event()
        self._clean = asyncio.Event()
        self._failures = 0

    def touch(self, skus: Iterable[str]) -> None:
        self.shown.touch(skus)
        self._wake()

    def forget(self, skus: Iterable[str]) -> None:
        for sku in skus:
            self.shown.forget(sku)
        self._wake()

    async def clean(self) -> None:
        """Returns when everything touched so far has been pushed."""
        await self._clean.wait()

    async def run(self) -> None:
        """Pushes what is dirty, until cancelled: at once when idle, paced when busy, with backoff when refused."""
        while True:
            if not self.shown.dirty:
                self._clean.set()
                await self._touched.wait()
            self._touched.clear()
            started = time.monotonic()
            wait_s = await self.push_once()
            await asyncio.sleep(max(wait_s, started + limits.PUSH_PACE_S - time.monotonic(), 0.0))

    async def push_once(self, rows_max: int = limits.PUSH_ROWS_MAX) -> float:
        """Pushes one bulk of dirty SKUs; returns the seconds to wait after a failure, else 0."""
        skus = self.shown.take(rows_max)
        if not skus:
            return 0.0
        self.rounds.begin()
        try:
            quantities = quantities_of(await self._listable(skus), self._safety_stock)
        except BaseException:
            self.shown.touch(skus)
            raise
        rows = self.shown.begin(quantities)
        if not rows:
            self.rounds.end(skus)
            return 0.0
        started = time.monotonic()
        try:
            pushed = await self._marketplace.push(rows)
        except MarketplaceCallFailed as failure:
            return self._failed(failure)
        except BaseException:
            self.shown.end(done=False)
            raise
        self.shown.end(done=True)
        self.rounds.end(skus)
        self._failures = 0
        metrics.PUSHES.labels(self.channel, "accepted").inc()
        metrics.PUSH_ROWS.labels(self.channel).inc(len(rows))
        metrics.PUSH_SECONDS.labels(self.channel).observe(time.monotonic() - started)
        if pushed.rejected:
            log.warning("listings_rejected", channel=self.channel, rows=len(pushed.rejected))
        return 0.0

    def _failed(self, failure: MarketplaceCallFailed) -> float:
        self.shown.end(done=False)
        self._failures += 1
        metrics.PUSHES.labels(self.channel, "failed").inc()
        log.warning("push_failed", channel=self.channel, attempt=self._failures, reason=str(failure))
        return max(failure.wait_s, backoff_s(self._failures, self._dice))

    def _wake(self) -> None:
        if self.shown.dirty:
            self._clean.clear()
            self._touched.set()
