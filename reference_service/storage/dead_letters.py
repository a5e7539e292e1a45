"""The dead letters: events that could not be applied, with the reason, until a person replays or discards them.

A replayed one takes the way of a new webhook, through the queue and the same handler, so it is applied once at most.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from stockstorm.reference_service.domain.topics import CHANNEL_TOPICS, PRIVACY_TOPICS, SHOPIFY, SHOPIFY_TOPICS, WorkType
from stockstorm.reference_service.storage.database import Connection, Pool, Row
from stockstorm.reference_service.storage.healed import MISSED_CHANNEL, RECONCILE

QUEUE_CHANNEL = "reference_queue"  # wakes the loops of the queue; its payload names work types
_LIST = """
SELECT entry, source, webhook_id, topic, attempts, reason, at, octet_length(body) AS size FROM dead_letter
WHERE entry > $1 ORDER BY entry LIMIT $2
"""
_SHOW = "SELECT *, octet_length(body) AS size FROM dead_letter WHERE entry = $1"
_TAKE = "DELETE FROM dead_letter WHERE entry = ANY($1::bigint[]) RETURNING entry, seq, source, topic, body"
_REOPEN = "UPDATE inbox SET state = 0 WHERE seq = ANY($1::bigint[]) AND state = 3"
_QUEUE = """
INSERT INTO queue (work_type, seq, source, topic, body)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[], $5::bytea[])
"""
_WAKE = "SELECT pg_notify($1, $2), pg_notify($3, $4)"
_BODIES = "SELECT DISTINCT body FROM dead_letter WHERE body = ANY($1::bytea[])"


class DeadLetter(msgspec.Struct, frozen=True):
    """One dead letter. `entry` is its number. `body` is empty in a list."""

    entry: int
    source: str
    webhook_id: str
    topic: str
    attempts: int
    reason: str
    at: datetime
    size: int  # bytes of the body
    body: bytes = b""


class NotReplayable(Exception):
    """No handler has the topic of a dead letter. The message names it."""


async def page_of(pool: Pool, after: int, limit: int) -> list[DeadLetter]:
    """At most `limit` dead letters with higher numbers, oldest first."""
    return [_letter(row) for row in await pool.fetch(_LIST, after, limit)]


async def found(pool: Pool, entry: int) -> DeadLetter | None:
    """One dead letter with its body."""
    row = await pool.fetchrow(_SHOW, entry)
    return None if row is None else _letter(row, row["body"])


async def replay(pool: Pool, entries: Sequence[int]) -> list[int]:
    """Puts dead letters back into the queue, all or none. Returns the numbers of those that there were.

    Raises NotReplayable.
    """
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(_TAKE, list(entries))
        rows.sort(key=lambda row: int(row["entry"]))
        kinds = [_work_type(row) for row in rows]
        await connection.execute(_REOPEN, [row["seq"] for row in rows])
        columns = [[row[name] for row in rows] for name in ("seq", "source", "topic", "body")]
        await connection.execute(_QUEUE, [int(kind) for kind in kinds], *columns)
        payload = ",".join(str(int(kind)) for kind in sorted(set(kinds)))
        await connection.execute(_WAKE, QUEUE_CHANNEL, payload, MISSED_CHANNEL, RECONCILE)
    return [row["entry"] for row in rows]


async def discard(pool: Pool, entries: Sequence[int]) -> list[int]:
    """Deletes dead letters. Their webhooks stay known, so they are not applied if they come again."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(_TAKE, list(entries))
    return sorted(row["entry"] for row in rows)


async def dead_bodies(connection: Connection, bodies: Sequence[bytes]) -> set[bytes]:
    """Those of the bodies that a dead letter has."""
    return {bytes(row["body"]) for row in await connection.fetch(_BODIES, list(bodies))}


def _letter(row: Row, body: bytes = b"") -> DeadLetter:
    source, webhook_id, topic, reason = row["source"], row["webhook_id"], row["topic"], row["reason"]
    return DeadLetter(row["entry"], source, webhook_id, topic, row["attempts"], reason, row["at"], row["size"], body)


def _work_type(row: Row) -> WorkType:
    topics = {**SHOPIFY_TOPICS, **PRIVACY_TOPICS} if row["source"] == SHOPIFY else CHANNEL_TOPICS
    kind = topics.get(row["topic"])
    if kind is None:
        raise NotReplayable(f"no handler has the topic {row['topic']!r} of dead letter {row['entry']}; discard it")
    return kind
