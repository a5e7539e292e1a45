"""A worker's start with an unreachable marketplace, and its checks of the subscriptions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.worker import Session, Worker, _check_subscriptions


class Pusher:
    """The listing pusher of one marketplace, which may be unreachable. One SKU waits for its push."""

    unfinished = 1

    def __init__(self, *, unreachable: bool) -> None:
        self._unreachable = unreachable

    def touch(self, _skus: Any) -> None:
        """Nothing to push."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def wait_until_clean(self) -> None:
        if self._unreachable:
            await asyncio.Event().wait()


class Feed:
    """The order feed of one marketplace."""

    def __init__(self, *, unreachable: bool) -> None:
        self._unreachable = unreachable
        self.runs = asyncio.Event()

    async def catch_up(self) -> None:
        if self._unreachable:
            await asyncio.Event().wait()

    async def run(self) -> None:
        self.runs.set()
        await asyncio.Event().wait()


class Parts:
    """The other parts of a worker, which do nothing."""

    def __init__(self, pushers: dict[str, Pusher]) -> None:
        self.pushers = pushers
        self.writer = self.reader = self.pool = self
        self.signals = Signals()

    async def finish_open_batch(self) -> None:
        """There is no open batch."""

    async def read_all(self) -> None:
        """There is no stock."""

    async def fetch(self, *_: Any) -> list[Any]:
        return []


@asynccontextmanager
async def lead() -> AsyncIterator[asyncio.Event]:
    yield asyncio.Event()


async def subscribe() -> None:
    """Succeeds at once."""


async def subscribed() -> int:
    """Everything is there."""
    return 0


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.asyncio
@pytest.mark.parametrize("continuous", [True, False])
async def test_an_unreachable_marketplace_does_not_delay_the_others(
    monkeypatch: pytest.MonkeyPatch, continuous: bool
) -> None:
    monkeypatch.setattr(limits, "START_PATIENCE_S", 0.02)
    monkeypatch.setattr("stockstorm.reference_service.worker._sync_with_shopify", lambda _: never())
    parts: Any = Parts({"unreachable": Pusher(unreachable=True), "reachable": Pusher(unreachable=False)})
    unreachable, reachable = Feed(unreachable=True), Feed(unreachable=False)
    session = Session(parts, None, [], [unreachable, reachable], continuous, subscribed, [never, subscribe])
    worker = Worker(lead, lambda: session)
    assert worker.unfinished() == 0
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(reachable.runs.wait(), 5)
    assert (worker.ready, unreachable.runs.is_set()) == (True, False)
    parts.signals.request_write()
    assert worker.unfinished() == 2 + continuous, "two listings, and a call to Shopify if a loop makes it"
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.asyncio
@pytest.mark.parametrize(("created", "reads"), [([0, 0, 0], 0), ([0, 6, 0], 1)])
async def test_what_was_missed_is_read_after_a_check_that_had_to_subscribe_again(
    created: list[int], reads: int
) -> None:
    left, read, done = list(created), list[int](), asyncio.Event()

    async def check() -> int:
        if not left:
            done.set()
            await asyncio.Event().wait()
        return left.pop(0)

    async def missed() -> None:
        read.append(len(left))

    session = Session(cast(Any, Parts({})), None, [], [], True, check, [], check_every_s=0.001, missed=missed)
    checking = asyncio.create_task(_check_subscriptions(session))
    await asyncio.wait_for(done.wait(), 5)
    checking.cancel()
    assert len(read) == reads
