"""The worker: leads alone, registers, reads the stock, lists it, and then keeps everything in step until it is stopped.

A second worker stands by. When the database or the leadership is lost, everything in memory is thrown away and begun
anew: what matters is in the database, and a start pushes every listing. A marketplace that is away is waited for a
little; then the others are served, and it is served when it is back.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.queues.base import (
    Queue,
)
from stockstorm.reference_service.storage.database import STORE_GONE, StoreUnavailable
from stockstorm.reference_service.storage.stock_table import known_skus
from stockstorm.reference_service.sync.listing_pusher import ChannelSync
from stockstorm.reference_service.sync.signals import WRITTEN, Signals
from stockstorm.reference_service.sync.subscriptions import SubscriptionRefused
from stockstorm.reference_service.telemetry.logs import reason_of
from stockstorm.reference_service.wiring import Feed, Parts

log = structlog.get_logger()
RESTART_S = 0.5


class Session(msgspec.Struct, frozen=True):
    """Everything that one leadership needs, made anew for each."""

    parts: Parts
    queue: Queue | None
    work_types: Sequence[WorkLoop]
    feeds: Sequence[Feed]
    continuous: bool
    register: Callable[[], Awaitable[object]]
    register_channels: Sequence[Callable[[], Coroutine[Any, Any, None]]]


class Worker:
    """Runs sessions, one after the other. `ready` while everything was read, listed and is being kept in step."""

    def __init__(
        self, lead: Callable[[], AbstractAsyncContextManager[asyncio.Event]], make_session: Callable[[], Session]
    ) -> None:
        self._lead = lead
        self._make_session = make_session
        self.ready = False

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            try:
                async with self._lead() as lost:
                    await self._run_session(self._make_session(), lost)
            except* (StoreUnavailable, *STORE_GONE) as group:
                log.warning("session_ended", reason=_first(group))
            except* SubscriptionRefused as group:
                log.error("subscription_refused", reason=_first(group))
            self.ready = False
            await asyncio.sleep(RESTART_S)

    async def _run_session(self, session: Session, lost: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_fail_when(lost))
            if session.queue is not None:
                tasks.create_task(session.queue.watch())
            parts = session.parts
            await parts.writer.replay()
            await session.register()
            registering = [tasks.create_task(register()) for register in session.register_channels]
            await parts.reader.read_all()
            for work_type in session.work_types:
                await work_type.drain()
            catching_up = [tasks.create_task(feed.catch_up()) for feed in session.feeds]
            await _wait_a_little([*registering, *catching_up], "registered or read")
            skus = await known_skus(parts.pool)
            for channel in parts.channels.values():
                channel.touch(skus)
            pushing = [tasks.create_task(channel.run()) for channel in parts.channels.values()]
            for work_type in session.work_types:
                tasks.create_task(work_type.run())
            if session.continuous:
                tasks.create_task(_talk_to_master(parts))
            tasks.create_task(_vacuum(parts.pool))
            listed = [tasks.create_task(channel.clean()) for channel in parts.channels.values()]
            await _wait_a_little(listed, "listed")
            if not session.continuous:
                await _end([*pushing, *listed])
            for feed, caught_up in zip(session.feeds, catching_up, strict=True):
                tasks.create_task(_run_feed(feed, caught_up))
            self.ready = True
            log.info("ready", skus=len(skus))


def announce_to(signals: Signals, channels: Mapping[str, ChannelSync]) -> Callable[[WorkResult], None]:
    """What work_types call after a commit: wakes the pushes first, then whoever talks to the master."""

    def announce(result: WorkResult) -> None:
        for channel, sku in result.moved:
            if channel in channels:
                channels[channel].forget([sku])
        signals.stock_changed(result.skus)
        if result.effects:
            signals.tell_master()
        if result.doubtful:
            signals.raise_doubt()

    return announce


async def _talk_to_master(parts: Parts) -> None:
    """Writes effects and reads doubtful levels in turn: one conversation, so that no read overlaps a batch."""
    signals = parts.signals
    signals.raise_doubt()
    while True:
        await signals.master.wait()
        signals.master.clear()
        await asyncio.sleep(limits.ADJUST_GATHER_S)
        started = time.monotonic()
        async with parts.turn:
            signals.writes.begin()
            more = await parts.writer.write_once() and await parts.writer.has_work()
            signals.writes.end([] if more else [WRITTEN])
            if signals.doubt:
                signals.doubt = False
                if await parts.reader.read_doubtful():
                    signals.raise_doubt()
        if more:
            signals.tell_master()
        await asyncio.sleep(max(0.0, started + limits.ADJUST_PACE_S - time.monotonic()))


async def _wait_a_little(tasks: Sequence[asyncio.Task[None]], what: str) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=limits.START_PATIENCE_S)
    if late:
        log.warning("started_without", what=what, late=len(late), of=len(tasks))


async def _run_feed(feed: Feed, caught_up: asyncio.Task[None]) -> None:
    await caught_up
    await feed.run()


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _vacuum(pool: Any) -> None:
    while True:
        await asyncio.sleep(limits.VACUUM_EVERY_S)
        for table in ("queue", "stock"):
            await pool.execute(f"VACUUM (TRUNCATE false) {table}")


async def _fail_when(lost: asyncio.Event) -> None:
    await lost.wait()
    raise StoreUnavailable("the leader's connection was closed")


def _first(group: BaseExceptionGroup[BaseException]) -> str:
    leaves: Sequence[BaseException] = [group]
    while isinstance(leaves[0], BaseExceptionGroup):
        leaves = leaves[0].exceptions
    return reason_of(leaves[0])
