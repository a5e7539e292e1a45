"""The worker: becomes the leader, subscribes, reads the stock, lists it, and then keeps everything in sync.

A second worker stands by. If the database or the leadership is lost, all state in memory is discarded and a new session
starts: everything that matters is in the database, and a start pushes every listing. A start waits only a little for an
unreachable marketplace; the others are served meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import msgspec
import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.tokens import TokenReplaced
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.queues.base import Queue
from stockstorm.reference_service.storage.database import STORE_GONE, Pool, StoreUnavailable
from stockstorm.reference_service.storage.tables import known_skus
from stockstorm.reference_service.sync.listing_pusher import ListingPusher
from stockstorm.reference_service.sync.signals import ALL_WRITTEN, Signals
from stockstorm.reference_service.sync.subscriptions import SubscriptionRefused
from stockstorm.reference_service.wiring import Feed, Parts

log = structlog.get_logger()
RESTART_S = 0.5


async def nothing_missed() -> None:
    """For a session that reads nothing by itself."""


class Session(msgspec.Struct, frozen=True):
    """Everything that one leadership needs. `bootstrap.make_session` builds a new one for each.

    `loops` process the queue. `continuous` as in Wiring. `subscribe` and `subscribe_channels` register for webhooks.
    `listed_at_start`: the SKUs that a start pushes to every marketplace. `check_every_s`: time between two checks that
    Shopify still has every subscription; `missed` is called after one that had to create some again, because what
    happened without them was told to nobody.
    """

    parts: Parts
    queue: Queue | None
    loops: Sequence[WorkLoop]
    feeds: Sequence[Feed]
    continuous: bool
    subscribe: Callable[[], Awaitable[int]]
    subscribe_channels: Sequence[Callable[[], Coroutine[object, None, None]]]
    listed_at_start: Callable[[Pool], Awaitable[list[str]]] = known_skus
    check_every_s: float = 300.0
    missed: Callable[[], Awaitable[None]] = nothing_missed


class Worker:
    """Runs one session after another. `ready` is true once the stock was read and listed and all loops run."""

    def __init__(
        self, lead: Callable[[], AbstractAsyncContextManager[asyncio.Event]], make_session: Callable[[], Session]
    ) -> None:
        self._lead = lead
        self._make_session = make_session
        self._session: Session | None = None
        self.ready = False

    def unfinished(self) -> int:
        """Listings that wait for their push, and 1 if Shopify is to be called. 0 without a session: nothing is held."""
        if self._session is None:
            return 0
        parts = self._session.parts
        to_call = self._session.continuous and parts.signals.admin_work.is_set()  # else nothing waits for that signal
        return sum(pusher.unfinished for pusher in parts.pushers.values()) + to_call

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                async with self._lead() as lost:
                    await self._run_session(self._make_session(), lost)
            except* (StoreUnavailable, *STORE_GONE) as group:
                log.warning("session_ended", reason=_first_reason(group))
            except* TokenReplaced:
                log.info("session_ended", reason="the access token was replaced")
            except* SubscriptionRefused as group:
                log.error("subscription_refused", reason=_first_reason(group))
            self.ready, self._session = False, None
            await asyncio.sleep(RESTART_S)

    async def _run_session(self, session: Session, lost: asyncio.Event) -> None:
        self._session = session
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_fail_when(lost))
            if session.queue is not None:
                tasks.create_task(session.queue.watch())
            parts = session.parts
            await parts.writer.finish_open_batch()
            await session.subscribe()
            subscribing = [tasks.create_task(subscribe()) for subscribe in session.subscribe_channels]
            await parts.reader.read_all()
            for loop in session.loops:
                await loop.drain()
            catching_up = [tasks.create_task(feed.catch_up()) for feed in session.feeds]
            await _wait_a_little([*subscribing, *catching_up], "registered or read")
            skus = await session.listed_at_start(parts.pool)
            for pusher in parts.pushers.values():
                pusher.touch(skus)
            pushing = [tasks.create_task(pusher.run()) for pusher in parts.pushers.values()]
            for loop in session.loops:
                tasks.create_task(loop.run())
            if session.continuous:
                tasks.create_task(_sync_with_shopify(parts))
            tasks.create_task(_vacuum(parts.pool))
            tasks.create_task(_check_subscriptions(session))
            listing = [tasks.create_task(pusher.wait_until_clean()) for pusher in parts.pushers.values()]
            await _wait_a_little(listing, "listed")
            if not session.continuous:
                await _cancel([*pushing, *listing])
            for feed, caught_up in zip(session.feeds, catching_up, strict=True):
                tasks.create_task(_run_feed(feed, caught_up))
            self.ready = True
            log.info("ready", skus=len(skus))


def make_announce(signals: Signals, pushers: Mapping[str, ListingPusher]) -> Callable[[WorkResult], None]:
    """The function that is called with each result after its commit. It wakes the pushers and the Shopify loop."""

    def announce(result: WorkResult) -> None:
        for channel, sku in result.moved:
            if channel in pushers:
                pushers[channel].forget([sku])
        signals.stock_changed(result.skus)
        if result.effects:
            signals.request_write()
        if result.doubtful:
            signals.request_reread()

    return announce


async def _sync_with_shopify(parts: Parts) -> None:
    """Writes effects and reads doubtful levels alternately. One loop does both, so that no read overlaps a batch."""
    signals = parts.signals
    signals.request_reread()
    while True:
        await signals.admin_work.wait()
        signals.admin_work.clear()
        await asyncio.sleep(limits.ADJUST_GATHER_S)
        started = time.monotonic()
        async with parts.admin_lock:
            signals.writes.begin()
            more = await parts.writer.write_once() and await parts.writer.has_work()
            signals.writes.end([] if more else [ALL_WRITTEN])
            if signals.reread_requested:
                signals.reread_requested = False
                if await parts.reader.read_doubtful():
                    signals.request_reread()
        if more:
            signals.request_write()
        await asyncio.sleep(max(0.0, started + limits.ADJUST_PACE_S - time.monotonic()))


async def _wait_a_little(tasks: Sequence[asyncio.Task[None]], what: str) -> None:
    """Waits at most START_PATIENCE_S for the tasks; they go on after that."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=limits.START_PATIENCE_S)
    if late:
        log.warning("started_without", what=what, late=len(late), of=len(tasks))


async def _run_feed(feed: Feed, caught_up: asyncio.Task[None]) -> None:
    await caught_up
    await feed.run()


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _vacuum(pool: Pool) -> None:
    while True:
        await asyncio.sleep(limits.VACUUM_EVERY_S)
        for table in ("queue", "stock"):
            await pool.execute(f"VACUUM (TRUNCATE false) {table}")


async def _check_subscriptions(session: Session) -> None:
    """Creates again what Shopify removed, at a period, and has what was missed read.

    Shopify removes a subscription after its last retry and says so to nobody but the developer.
    """
    while True:
        await asyncio.sleep(session.check_every_s)
        if created := await session.subscribe():
            log.warning("subscriptions_renewed", created=created)
            await session.missed()


async def _fail_when(lost: asyncio.Event) -> None:
    await lost.wait()
    raise StoreUnavailable("the leader's connection was closed")


def _first_reason(group: BaseExceptionGroup[BaseException]) -> str:
    leaves: Sequence[BaseException] = [group]
    while isinstance(leaves[0], BaseExceptionGroup):
        leaves = leaves[0].exceptions
    return reason_of(leaves[0])
