"""The queue as a PostgreSQL table: SKIP LOCKED for claims, LISTEN/NOTIFY as wake-up, one commit with the inbox."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.queues.base import Claim, DeadLetter, Entry, Message, Retry, Settled, State, Verdict
from stockstorm.reference_service.storage.database import (
    STORE_GONE,
    Connection,
    Pool,
    StoreUnavailable,
    StoreUnreachable,
    listening,
)
from stockstorm.reference_service.storage.dead_letters import QUEUE_CHANNEL

PUT_TEMPLATE = """
WITH incoming AS (
  SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[])
    WITH ORDINALITY AS t (work_type, source, webhook_id, topic, triggered_ns, received_ns, body, position)
), fresh AS (
  INSERT INTO inbox (source, webhook_id, topic, received_ns, state)
  SELECT source, webhook_id, topic, received_ns, CASE work_type WHEN 0 THEN 4 ELSE 0 END FROM incoming ORDER BY position
  ON CONFLICT (source, webhook_id) DO {on_conflict}
  RETURNING seq, source, webhook_id
), queued AS (
  INSERT INTO queue (work_type, seq, source, topic, triggered_ns, body)
  SELECT work_type, seq, source, topic, triggered_ns, body FROM incoming JOIN fresh USING (source, webhook_id)
  WHERE work_type <> 0 ORDER BY position
)
SELECT count(*), CASE WHEN count(*) > 0 THEN pg_notify($8, $9) END FROM fresh
"""
PUT = PUT_TEMPLATE.format(on_conflict="NOTHING")  # a known webhook gets no second entry

_CLAIM = """
SELECT entry, seq, source, topic, triggered_ns, attempts, body FROM queue
WHERE work_type = $1 AND due_at <= clock_timestamp() ORDER BY entry LIMIT $2 FOR UPDATE SKIP LOCKED
"""
_SETTLE = """
WITH settled AS (
  SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::smallint[]) AS t (entry, seq, state)
), gone AS (
  DELETE FROM queue WHERE work_type = $1 AND entry = ANY($2::bigint[])
), outcome AS (
  SELECT seq, min(state) AS state, count(*) FILTER (WHERE state = 1) AS times FROM settled GROUP BY seq
)
UPDATE inbox SET times = inbox.times + outcome.times,
  state = CASE WHEN inbox.times > 0 THEN 1 ELSE outcome.state END
FROM outcome WHERE inbox.seq = outcome.seq
"""
_RETRY = """
UPDATE queue SET attempts = attempts + 1, due_at = clock_timestamp() + delay_s * interval '1 second'
FROM unnest($2::bigint[], $3::float8[]) AS t (entry, delay_s) WHERE queue.work_type = $1 AND queue.entry = t.entry
"""
_DEAD_LETTER = """
WITH gone AS (
  DELETE FROM queue USING unnest($2::bigint[], $3::text[]) AS t (entry, reason)
  WHERE queue.work_type = $1 AND queue.entry = t.entry RETURNING queue.*, t.reason
), marked AS (
  UPDATE inbox SET state = CASE WHEN times > 0 THEN state ELSE 3 END FROM gone WHERE inbox.seq = gone.seq
  RETURNING inbox.seq, inbox.webhook_id
)
INSERT INTO dead_letter (entry, seq, source, webhook_id, topic, attempts, reason, body)
SELECT DISTINCT ON (seq) seq, seq, source, webhook_id, topic, attempts + 1, reason, body
FROM gone JOIN marked USING (seq)
ON CONFLICT (entry) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason, at = now()
"""


async def enqueue(database: "Connection | Pool", messages: Sequence[Message], statement: str = PUT) -> int:
    """Stores messages in inbox and queue, with a pool or in the transaction of a connection.

    Returns the number of new ones. Raises StoreUnavailable, and then nothing was stored.
    """
    work_types = sorted({message.work_type for message in messages} - {WorkType.IGNORED})
    try:
        fresh = await database.fetchval(
            statement,
            [int(m.work_type) for m in messages],
            [m.source for m in messages],
            [m.webhook_id for m in messages],
            [m.topic for m in messages],
            [m.triggered_ns for m in messages],
            [m.received_ns for m in messages],
            [m.body for m in messages],
            QUEUE_CHANNEL,
            ",".join(str(int(work_type)) for work_type in work_types),
        )
    except STORE_GONE as error:
        raise StoreUnreachable(reason_of(error)) from error
    except asyncpg.PostgresError as error:
        raise StoreUnavailable(reason_of(error)) from error
    return int(fresh)


class PostgresClaim(Claim):
    """Entries whose rows the transaction has locked."""

    def __init__(self, work_type: WorkType, connection: Connection, entries: Sequence[Entry]) -> None:
        self._work_type = work_type
        self._connection = connection
        self._entries = entries

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries

    @property
    def connection(self) -> Connection:
        return self._connection

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        settled = [v for v in verdicts if isinstance(v, Settled)]
        retries = [v for v in verdicts if isinstance(v, Retry)]
        dead = [v for v in verdicts if isinstance(v, DeadLetter)]
        work_type = int(self._work_type)
        if settled:
            entries = [v.entry for v in settled]
            states = [int(v.state) for v in settled]
            await self._connection.execute(
                _SETTLE, work_type, [e.entry for e in entries], [e.seq for e in entries], states
            )
        if retries:
            delays = [v.delay_s for v in retries]
            await self._connection.execute(_RETRY, work_type, [v.entry.entry for v in retries], delays)
        if dead:
            reasons = [v.reason for v in dead]
            await self._connection.execute(_DEAD_LETTER, work_type, [v.entry.entry for v in dead], reasons)


class PostgresQueue:
    """Queue over a pool of connections. `statement` stores messages; it is made from PUT_TEMPLATE."""

    def __init__(self, pool: Pool, statement: str = PUT) -> None:
        self._pool = pool
        self._statement = statement
        self._arrived = {work_type: asyncio.Event() for work_type in WorkType}

    async def put(self, messages: Sequence[Message]) -> int:
        return await enqueue(self._pool, messages, self._statement)

    @asynccontextmanager
    async def claim(self, work_type: WorkType, limit: int) -> AsyncIterator[Claim]:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(_CLAIM, int(work_type), limit)
                yield PostgresClaim(work_type, connection, [Entry(*row) for row in rows])
        except STORE_GONE as error:
            raise StoreUnavailable(reason_of(error)) from error

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:
        arrived = self._arrived[work_type]
        try:
            async with asyncio.timeout(timeout_s):
                await arrived.wait()
        except TimeoutError:
            pass
        arrived.clear()

    async def watch(self) -> None:
        try:
            async with listening(self._pool, QUEUE_CHANNEL, self._on_notify) as lost:
                await lost.wait()
        except STORE_GONE as error:
            raise StoreUnavailable(reason_of(error)) from error
        raise StoreUnavailable("the listening connection was closed")

    def _on_notify(self, work_types: str) -> None:
        for work_type in work_types.split(","):
            if work_type:
                self._arrived[WorkType(int(work_type))].set()


# The SQL above has these states as numbers.
assert (State.PENDING, State.APPLIED, State.IGNORED) == (0, 1, 4)  # noqa: S101 - checked at import
