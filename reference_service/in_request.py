"""A webhook processed inside its own request: recorded, applied and committed in one transaction, then answered.

In the request: the unique webhook id, the guards of order and version, the new stock level or order, its pending units
and what the master will have to be told. Not in the request: the call to Shopify and the pushes to the channels. They
belong to the one writer (the worker), which reads them from the committed rows; a call to another company's server
inside the request would turn its outage into timeouts of ours. The request waits for no queue, and nothing is kept for
later: a webhook that cannot be applied now is refused, and its sender brings it again.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import structlog

from reference_service import limits, metrics
from reference_service.changes import tell
from reference_service.database import STORE_GONE
from reference_service.inbox import InboxFull
from reference_service.lanes import LaneWork
from reference_service.payloads import ChannelNotification, Unusable, decode
from reference_service.queues import Connection, DeadLetter, Entry, Message, Settled, State, StoreUnavailable
from reference_service.reasons import reason_of
from reference_service.topics import Lane

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


class InRequest:
    """An inbox whose `put` does all the work of a webhook before it returns."""

    def __init__(self, pool: Any, works: Mapping[Lane, LaneWork]) -> None:
        self._pool = pool
        self._works = works
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def put(self, message: Message) -> None:
        """Returns after the commit of the webhook's effect; StoreUnavailable if there is none, for whatever reason."""
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

    async def _process(self, message: Message) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            seq = await _record(connection, message)
            if seq is None:
                metrics.EVENTS_REPEATED.inc()
                return
            work = self._works.get(message.lane)
            if work is None:
                return
            if message.lane is Lane.CHANNEL:
                await connection.execute(_ONE_AT_A_TIME, _order_of(message))
            entry = Entry(seq, seq, message.source, message.topic, message.triggered_ns, 0, message.body)
            result = await work.apply(connection, [entry])
            for _, reason in result.failed:
                metrics.EVENTS.labels(message.lane.name.lower(), "retried").inc()
                raise StoreUnavailable(reason)
            for verdict in result.verdicts:
                await _settle(connection, message, verdict)
            await tell(connection, result)

    async def _bury(self, message: Message, reason: str) -> None:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                seq = await _record(connection, message)
                if seq is not None:
                    entry = Entry(seq, seq, message.source, message.topic, None, 0, message.body)
                    await _settle(connection, message, DeadLetter(entry, reason))
        except (*STORE_GONE, asyncpg.PostgresError) as error:
            raise StoreUnavailable(reason_of(error)) from error


async def _record(connection: Connection, message: Message) -> int | None:
    """The webhook's number in the inbox; None if it is known. A duplicate waits here for the first one's commit."""
    state = State.IGNORED if message.lane is Lane.IGNORED else State.PENDING
    seq = await connection.fetchval(
        _RECORD, message.source, message.webhook_id, message.topic, message.received_ns, int(state)
    )
    return None if seq is None else int(seq)


async def _settle(connection: Connection, message: Message, verdict: object) -> None:
    lane = message.lane.name.lower()
    match verdict:
        case Settled(entry=entry, state=state):
            await connection.execute(_SETTLE, entry.seq, int(state), int(state is State.APPLIED))
            metrics.EVENTS.labels(lane, state.name.lower()).inc()
        case DeadLetter(entry=entry, reason=reason):
            await connection.execute(_SETTLE, entry.seq, int(State.DEAD_LETTERED), 0)
            await connection.execute(
                _BURY, entry.seq, message.source, message.webhook_id, message.topic, reason, message.body
            )
            metrics.EVENTS.labels(lane, "dead_lettered").inc()
            log.error("dead_letter", topic=message.topic, source=message.source, seq=entry.seq, reason=reason)


def _order_of(message: Message) -> str:
    """What names the order that a notification is about, so that its notifications take turns."""
    try:
        return f"{message.source}:{decode(message.body, ChannelNotification).order.order_id}"
    except Unusable:
        return ""
