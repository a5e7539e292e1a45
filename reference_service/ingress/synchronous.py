"""The synchronous inbox: a webhook is applied, committed, pushed and written to the master within its request.

The answer is sent after that. Pushes and writes to the master stay bulk calls of one writer that many requests share; a
request waits for the end of a call that began after its commit. So an outage of a marketplace is an outage of this
service: the sender gets a 503 and repeats the webhook, which is then known and acknowledged, while the push is repeated
until it succeeds. A webhook that cannot be applied now is refused and not recorded.
"""

import asyncio
from collections.abc import Mapping

import asyncpg
import msgspec

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.ingress.changes import Change, notify
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.queues.base import (
    DeadLetter,
    Entry,
    InboxFull,
    Message,
    Settled,
    State,
    Verdict,
    count_verdict,
)
from stockstorm.reference_service.storage.database import (
    STORE_GONE,
    Connection,
    Pool,
    StoreUnavailable,
    StoreUnreachable,
)
from stockstorm.reference_service.sync.signals import ALL_WRITTEN
from stockstorm.reference_service.wiring import Parts

_RECORD = """
INSERT INTO inbox (source, webhook_id, topic, received_ns, state) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (source, webhook_id) DO NOTHING RETURNING seq
"""
_SETTLE = "UPDATE inbox SET state = $2, times = $3 WHERE seq = $1"
_DEAD_LETTER = """
INSERT INTO dead_letter (entry, seq, source, webhook_id, topic, attempts, reason, body)
VALUES ($1, $1, $2, $3, $4, 1, $5, $6) ON CONFLICT (entry) DO NOTHING
"""


class Announcement(msgspec.Struct, frozen=True):
    """The moment of an announcement: the number of passes of pushes, per channel, and of writes begun before it."""

    parts: Parts
    pushes: Mapping[str, int]
    writes: int

    async def wait_until_done(self, result: WorkResult) -> None:
        """Returns when the channels show the result and it is written to the master."""
        for name, pusher in self.parts.pushers.items():
            moved = {sku for moved_by, sku in result.moved if moved_by == name}
            await pusher.pushes.wait_for(result.skus | moved, self.pushes[name])
        if result.effects:
            await self.parts.signals.writes.wait_for([ALL_WRITTEN], self.writes)


class SynchronousInbox:
    """An inbox whose `put` returns after all work of the webhook is done."""

    def __init__(self, pool: Pool, handlers: Mapping[WorkType, Handler]) -> None:
        self._pool = pool
        self._handlers = handlers
        self._parts: Parts | None = None
        self._unannounced: dict[int, asyncio.Future[Announcement | None]] = {}  # by the webhook's seq in the inbox
        self._in_progress = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def put(self, message: Message) -> None:
        """Returns after the webhook's work. Raises StoreUnavailable if the work was not finished, for any reason."""
        if self._parts is None:
            raise StoreUnreachable("the worker is not ready")
        if self._in_progress >= limits.REQUESTS_IN_PROGRESS_MAX:
            raise InboxFull
        self._in_progress += 1
        self._idle.clear()
        try:
            async with asyncio.timeout(limits.STORE_TIMEOUT_S):
                await self._process(message)
        except asyncpg.DataError as error:
            # The database can never store this event. A refusal would be repeated until the subscription is removed.
            await self._dead_letter(message, reason_of(error))
        except STORE_GONE as error:
            raise StoreUnreachable(reason_of(error)) from error
        except asyncpg.PostgresError as error:
            raise StoreUnavailable(reason_of(error)) from error
        finally:
            self._in_progress -= 1
            if not self._in_progress:
                self._idle.set()

    async def run(self) -> None:
        """Waits until cancelled: the requests do the work."""
        await asyncio.Event().wait()

    async def drain(self) -> None:
        """Waits for the requests in progress."""
        await self._idle.wait()

    def attach(self, parts: Parts | None) -> None:
        """From now on these parts act on committed changes; None: nobody does, and webhooks are refused."""
        self._parts = parts
        if parts is None:
            for waiting in self._unannounced.values():
                _settle_future(waiting, None)

    def on_announced(self, change: Change) -> None:
        """A change was announced to the parts: wakes the request that waits for it."""
        waiting = self._unannounced.get(change.seq)
        if waiting is None or self._parts is None:
            return
        pushes = {name: pusher.pushes.begun for name, pusher in self._parts.pushers.items()}
        _settle_future(waiting, Announcement(self._parts, pushes, self._parts.signals.writes.begun))

    async def _process(self, message: Message) -> None:
        announced: asyncio.Future[Announcement | None] = asyncio.get_running_loop().create_future()
        seq = None
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                seq = await _record(connection, message)
                if seq is None:
                    metrics.EVENTS_REPEATED.inc()
                    return
                self._unannounced[seq] = announced
                result = await self._apply(connection, seq, message)
            if result is None:
                return
            announcement = await announced
        finally:
            if seq is not None:
                self._unannounced.pop(seq, None)
        if announcement is None:
            raise StoreUnreachable("the worker has stopped")
        await announcement.wait_until_done(result)

    async def _apply(self, connection: Connection, seq: int, message: Message) -> WorkResult | None:
        """Writes the webhook's effects. Returns None if nobody has to act on them."""
        handler = self._handlers.get(message.work_type)
        if handler is None:
            return None
        entry = Entry(seq, seq, message.source, message.topic, message.triggered_ns, 0, message.body)
        result = await handler.apply(connection, [entry])
        for _, reason in result.failed:
            metrics.EVENTS.labels(message.work_type.name.lower(), "retried").inc()
            raise StoreUnavailable(reason)
        for verdict in result.verdicts:
            await _settle(connection, message, verdict)
        return result if await notify(connection, seq, result) else None

    async def _dead_letter(self, message: Message, reason: str) -> None:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                seq = await _record(connection, message)
                if seq is not None:
                    entry = Entry(seq, seq, message.source, message.topic, None, 0, message.body)
                    await _settle(connection, message, DeadLetter(entry, reason))
        except (*STORE_GONE, asyncpg.PostgresError) as error:
            raise StoreUnavailable(reason_of(error)) from error


def _settle_future(waiting: "asyncio.Future[Announcement | None]", announcement: Announcement | None) -> None:
    if not waiting.done():
        waiting.set_result(announcement)


async def _record(connection: Connection, message: Message) -> int | None:
    """The webhook's seq in the inbox, or None if it is known. A duplicate waits here for the first one's commit."""
    state = State.IGNORED if message.work_type is WorkType.IGNORED else State.PENDING
    seq = await connection.fetchval(
        _RECORD, message.source, message.webhook_id, message.topic, message.received_ns, int(state)
    )
    return None if seq is None else int(seq)


async def _settle(connection: Connection, message: Message, verdict: Verdict) -> None:
    match verdict:
        case Settled(entry=entry, state=state):
            await connection.execute(_SETTLE, entry.seq, int(state), int(state is State.APPLIED))
        case DeadLetter(entry=entry, reason=reason):
            await connection.execute(_SETTLE, entry.seq, int(State.DEAD_LETTERED), 0)
            await connection.execute(
                _DEAD_LETTER, entry.seq, message.source, message.webhook_id, message.topic, reason, message.body
            )
    count_verdict(message.work_type.name.lower(), verdict)
