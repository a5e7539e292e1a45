"""Reads what may have been missed: after a start of the worker or the receiver, and after webhooks were refused; and
reconciles at a period, or when a person asks.

A refused webhook comes again only after Shopify's next gap, which grows from 10 s to hours, and one that was never sent
does not come at all. Until then the listings of all channels are wrong. So the service does not wait for it: it reads
the levels that changed, and the marketplaces' orders after its cursor. A webhook that arrives later finds its change
known and has no effect.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.reconciliation import Reconciler
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.queues.base import Source
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.storage.database import STORE_GONE, Pool, StoreUnavailable, listening
from stockstorm.reference_service.storage.healed import MISSED_CHANNEL, RECONCILE, ask, is_behind, requested
from stockstorm.reference_service.wiring import QUEUED_WORK_TYPES, Feed, Parts

_NEXT_DUE = "SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 FROM queue"
log = structlog.get_logger()


async def announce_missed(pool: Pool) -> None:
    """Tells the worker that webhooks may have been refused. A worker that does not listen reads when it starts."""
    try:
        await pool.execute("SELECT pg_notify($1, '')", MISSED_CHANNEL)
    except STORE_GONE as error:
        log.warning("missed_not_announced", reason=reason_of(error))


class MissedFeed:
    """Reads at the worker's start and whenever webhooks may be missing, and reconciles every `every_s` seconds.

    One task does all of it, because the reads share their cursors. `repairs`: the queue of what was read and could not
    be applied, and of replayed dead letters, where the worker's own queue is another one.
    """

    def __init__(self, parts: Parts, repairs: Source | None = None) -> None:
        self._pool = parts.pool
        self._reconciler = Reconciler(parts)
        self._repairs = [] if repairs is None else [_loop(parts, repairs, kind) for kind in QUEUED_WORK_TYPES]
        self._woken = asyncio.Event()
        self._missed = False
        self._due = 0.0
        self.every_s = parts.settings.reconcile_s

    async def catch_up(self) -> None:
        """The start has read the stock already, so this reads the orders."""
        self._missed = not await self._reconciler.read_missed(stock=False)

    async def run(self) -> None:
        """Reads until cancelled. Raises StoreUnavailable once the listening connection is lost."""
        async with listening(self._pool, MISSED_CHANNEL, self._on_notify, self._woken.set) as lost:
            self._due = time.monotonic() + self.every_s
            self._woken.set()  # a reconciliation may have been asked for while no worker ran
            wait_s = 0.0
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), wait_s)
                self._woken.clear()
                if lost.is_set():
                    raise StoreUnavailable("the listening connection was closed")
                await self._work()
                until_due_s = max(0.0, self._due - time.monotonic())
                wait_s = min(until_due_s, limits.RECONCILE_WAKE_S, await self._next_repair_s())

    def _on_notify(self, payload: str) -> None:
        self._missed = self._missed or payload != RECONCILE
        self._woken.set()

    async def _work(self) -> None:
        for loop in self._repairs:
            await loop.drain()
        if self._missed:
            self._missed = False
            complete = await self._reconciler.read_missed()
            log.info("missed_read", complete=complete)
            await asyncio.sleep(limits.MISSED_PACE_S)
            if not complete:
                self._on_notify("")  # again, until it is
        await self._reconcile(is_due=time.monotonic() >= self._due)

    async def _reconcile(self, *, is_due: bool) -> None:
        """One pass, if one is asked for or due. What seems to be missing may be in the queue, so that goes first."""
        request = await requested(self._pool)
        if request is not None:
            run, asked_by = request
            await self._reconciler.run_pass(run, full=asked_by != "period")
        elif is_due and not await is_behind(self._pool, self._reconciler.grace_s):
            await self._reconciler.run_pass(await ask(self._pool, "period"), full=False)
        if is_due:
            self._due = time.monotonic() + self.every_s

    async def _next_repair_s(self) -> float:
        """Seconds to the next message of the queue of repairs, at least POLL_S."""
        if not self._repairs:
            return limits.RECONCILE_WAKE_S
        seconds: float | None = await self._pool.fetchval(_NEXT_DUE)
        return limits.RECONCILE_WAKE_S if seconds is None else max(limits.POLL_S, seconds)


def _loop(parts: Parts, source: Source, kind: WorkType) -> WorkLoop:
    return WorkLoop(kind, source, parts.handlers[kind], parts.announce, parts.rng)


def missed_feeds(parts: Parts) -> Sequence[Feed]:
    """For the architecture whose queue is the table of the database."""
    return [MissedFeed(parts)]


def repairing_feeds(parts: Parts) -> Sequence[Feed]:
    """For architectures with another queue, or none."""
    return [MissedFeed(parts, PostgresQueue(parts.pool))]
