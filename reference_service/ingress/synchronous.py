"""A webhook processed inside its own request: applied and committed, pushed to the channels, told to the master.

Only then it is answered. Pushes and calls to the master stay bulk calls of one writer, which many requests share; the
request waits until a call that was made after its commit is over. So an outage of a marketplace is an outage of ours:
the sender gets a 503 and brings the webhook again, which finds itself known and is acknowledged, while the push is
repeated until it succeeds. A webhook that cannot be applied now is refused and forgotten.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec
import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.payloads import ChannelNotification, Unusable, decode
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.ingress.changes import Change, tell
from stockstorm.reference_service.queues.base import (
    DeadLetter,
    Entry,
    Message,
    Settled,
    State,
)
from stockstorm.reference_service.queues.group_commit import InboxFull
from stockstorm.reference_service.storage.database import STORE_GONE, Connection, StoreUnavailable
from stockstorm.reference_service.sync.signals import ALL_WRITTEN
from stockstorm.reference_service.telemetry import metrics
from stockstorm.reference_service.telemetry.logs import reason_of
from stockstorm.reference_service.wiring import Parts

log = structlog.get_logger()

_RECORD = """
INSERT INTO inbox (source, webhook_id, topic, received_ns, state) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (source, webhook_id) DO NOTHING RETURNING seq
"""
# Two notifications of one order in two requests at once would both find it unknown.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_SETTLE = "UPDATE inbox SET state = $2, times = $3 WHERE seq = $1"
_BURY = """
INSERT INTO dead_letter (entry, seq, source, webhook_id, topic, attempts, reason, body)
VALUES ($1, $1, $2, $3, $4, 1, $5, $6) ON CONFLICT (entry) DO NOTHING
"""


class Announced(msgspec.Struct, frozen=True):
    """When a change was announced: how many rounds of pushes, by channel, and of writes had begun by then."""

    parts: Parts
    pushes: Mapping[str, int]
    writes: int

    async def acted_upon(self, result: WorkResult) -> None:
        """Returns when the channels show the result and the master has been told of it."""
        for name, pusher in self.parts.pushers.items():
            moved = {sku for mover, sku in result.moved if mover == name}
            await pusher.pushes.wait_for(result.skus | moved, self.pushes[name])
        if result.effects:
            await self.parts.signals.writes.wait_for([ALL_WRITTEN], self.writes)


class SynchronousInbox:
    """An inbox whose `put` does all the work of a webhook before it returns."""

    def __init__(self, pool: Any, works: Mapping[WorkType, Handler]) -> None:
        self._pool = pool
        self._works = works
        self._parts: Parts | None = None
        self._unheard: dict[int, asyncio.Future[Announced | None]] = {}  # by the webhook's number in the inbox
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def put(self, message: Message) -> None:
        """Returns after the webhook's work; StoreUnavailable if that did not come to its end, for whatever reason."""
        if self._parts is None:
            raise StoreUnavailable("nobody keeps the channels in step at present")
        if self._under_way >= limits.REQUESTS_UNDER_WAY_MAX:
            raise InboxFull
        self._under_way += 1
        self._idle.clear()
        try:
            async with asyncio.timeout(limits.STORE_TIMEOUT_S):
                await self._process(message)
        except asyncpg.DataError as error:
            # The database will never take this event, so bringing it again would only cost the subscription.
            await self._bury(message, reason_of(error))
        except (*STORE_GONE, asyncpg.PostgresError) as error:
            raise StoreUnavailable(reason_of(error)) from error
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def run(self) -> None:
        """Nothing runs beside the requests."""
        await asyncio.Event().wait()

    async def drain(self) -> None:
        """Waits for the requests that are being worked on."""
        await self._idle.wait()

    def attend(self, parts: Parts | None) -> None:
        """From now on these parts act upon what is committed; None: nobody does, and nothing is taken."""
        self._parts = parts
        if parts is None:
            for waiting in self._unheard.values():
                _settle_future(waiting, None)

    def heard(self, change: Change) -> None:
        """A change was announced to the parts."""
        waiting = self._unheard.get(change.seq)
        if waiting is None or self._parts is None:
            return
        pushes = {name: pusher.pushes.begun for name, pusher in self._parts.pushers.items()}
        _settle_future(waiting, Announced(self._parts, pushes, self._parts.signals.writes.begun))

    async def _process(self, message: Message) -> None:
        heard: asyncio.Future[Announced | None] = asyncio.get_running_loop().create_future()
        seq = None
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                seq = await _record(connection, message)
                if seq is None:
                    metrics.EVENTS_REPEATED.inc()
                    return
                self._unheard[seq] = heard
                result = await self._apply(connection, seq, message)
            if result is None:
                return
            announced = await heard
        finally:
            if seq is not None:
                self._unheard.pop(seq, None)
        if announced is None:
            raise StoreUnavailable("nobody keeps the channels in step any more")
        await announced.acted_upon(result)

    async def _apply(self, connection: Connection, seq: int, message: Message) -> WorkResult | None:
        """Writes what the webhook does; None if nobody has to act upon it."""
        work = self._works.get(message.work_type)
        if work is None:
            return None
        if message.work_type is WorkType.CHANNEL:
            await connection.execute(_ONE_AT_A_TIME, _order_of(message))
        entry = Entry(seq, seq, message.source, message.topic, message.triggered_ns, 0, message.body)
        result = await work.apply(connection, [entry])
        for _, reason in result.failed:
            metrics.EVENTS.labels(message.work_type.name.lower(), "retried").inc()
            raise StoreUnavailable(reason)
        for verdict in result.verdicts:
            await _settle(connection, message, verdict)
        return result if await tell(connection, seq, result) else None

    async def _bury(self, message: Message, reason: str) -> None:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                seq = await _record(connection, message)
                if seq is not None:
                    entry = Entry(seq, seq, message.source, message.topic, None, 0, message.body)
                    await _settle(connection, message, DeadLetter(entry, reason))
        except (*STORE_GONE, asyncpg.PostgresError) as error:
            raise StoreUnavailable(reason_of(error)) from error


def _settle_future(waiting: "asyncio.Future[Announced | None]", announced: Announced | None) -> None:
    if not waiting.done():
        waiting.set_result(announced)


async def _record(connection: Connection, message: Message) -> int | None:
    """The webhook's number in the inbox; None if it is known. A duplicate waits here for the first one's commit."""
    state = State.IGNORED if message.work_type is WorkType.IGNORED else State.PENDING
    seq = await connection.fetchval(
        _RECORD, message.source, message.webhook_id, message.topic, message.received_ns, int(state)
    )
    return None if seq is None else int(seq)


async def _settle(connection: Connection, message: Message, verdict: object) -> None:
    work_type = message.work_type.name.lower()
    match verdict:
        case Settled(entry=entry, state=state):
            await connection.execute(_SETTLE, entry.seq, int(state), int(state is State.APPLIED))
            metrics.EVENTS.labels(work_type, state.name.lower()).inc()
        case DeadLetter(entry=entry, reason=reason):
            await connection.execute(_SETTLE, entry.seq, int(State.DEAD_LETTERED), 0)
            await connection.execute(
                _BURY, entry.seq, message.source, message.webhook_id, message.topic, reason, message.body
            )
            metrics.EVENTS.labels(work_type, "dead_lettered").inc()
            log.error("dead_letter", topic=message.topic, source=message.source, seq=entry.seq, reason=reason)


def _order_of(message: Message) -> str:
    """What names the order that a notification is about, so that its notifications take turns."""
    try:
        return f"{message.source}:{decode(message.body, ChannelNotification).order.order_id}"
    except Unusable:
        return ""
