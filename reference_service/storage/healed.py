"""What reconciliation was asked for, what it did, and what it healed: two tables, written by the worker alone.

A row of `healed` is written in the transaction that heals, so the table says neither more nor less than what happened.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.storage.database import Connection, Pool

MISSED_CHANNEL = "webhooks_missed"  # wakes the worker's feed that reads what may be missing
RECONCILE: Final = "reconcile"  # its payload where a reconciliation is asked for
HealedKind = Literal["notification", "shop_order", "shop_refund", "level", "listing"]
AskedBy = Literal["period", "command", "http"]

_ASK = """
WITH asked AS (INSERT INTO reconciliation (asked_by) VALUES ($1) RETURNING run)
SELECT run, pg_notify($2, $3) FROM asked
"""
_REQUESTED = "SELECT run, asked_by FROM reconciliation WHERE ended_at IS NULL ORDER BY run DESC LIMIT 1"
_BEHIND = "SELECT EXISTS (SELECT FROM queue WHERE due_at < clock_timestamp() - $1 * interval '1 second')"
_END = """
UPDATE reconciliation SET ended_at = clock_timestamp(), done_by = $1, counts = $2::jsonb
WHERE ended_at IS NULL AND run <= $1
"""
_ANSWER = "SELECT done_by, counts::text AS counts FROM reconciliation WHERE run = $1 AND ended_at IS NOT NULL"
_RECORD = """
INSERT INTO healed (run, kind, source, name, was, became)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
"""
_HEALED = "SELECT kind, count(*) AS rows FROM healed WHERE run = $1 GROUP BY kind ORDER BY kind"
_NAMES = "SELECT kind, source, name FROM healed WHERE run = $1 ORDER BY entry LIMIT $2"
# The newest rows are kept. Both tables grow by what went wrong, and by a row for each pass.
_FORGET = (
    "DELETE FROM healed WHERE entry <= (SELECT max(entry) FROM healed) - $1",
    "DELETE FROM reconciliation WHERE ended_at IS NOT NULL AND run <= (SELECT max(run) FROM reconciliation) - $1",
)


class Healed(msgspec.Struct, frozen=True):
    """One thing that reconciliation put right. `was`: what this service or the channel had; `became`: what is right."""

    kind: HealedKind
    source: str
    name: str
    was: str
    became: str


class Pass(msgspec.Struct, frozen=True):
    """One pass of reconciliation. What happened after `until_ns` is left alone: its webhook may be on its way."""

    run: int
    until_ns: int

    def is_due(self, at_ns: int | None) -> bool:
        """Whether something of this time is to be reconciled. None: its time is not known."""
        return at_ns is None or at_ns <= self.until_ns

    async def record(self, connection: Connection, healed: Sequence[Healed]) -> None:
        """Writes what was healed, in the transaction that heals it."""
        if healed:
            columns = [list(column) for column in zip(*map(msgspec.structs.astuple, healed), strict=True)]
            await connection.execute(_RECORD, self.run, *columns)


async def ask(pool: Pool, asked_by: AskedBy) -> int:
    """Asks the worker for a reconciliation. Returns the number of the request. One without a worker waits for it."""
    return int(await pool.fetchval(_ASK, asked_by, MISSED_CHANNEL, RECONCILE))


async def requested(pool: Pool) -> tuple[int, AskedBy] | None:
    """The newest request that no pass has answered: its number, and who asked."""
    row = await pool.fetchrow(_REQUESTED)
    return None if row is None else (row["run"], row["asked_by"])


async def is_behind(pool: Pool, seconds: float) -> bool:
    """Whether the queue has messages that have been due for this long. What they bring is not missing."""
    return bool(await pool.fetchval(_BEHIND, seconds))


async def end_pass(pool: Pool, run: int, counts: Mapping[str, int]) -> None:
    """Answers every request up to this one, and forgets the oldest rows beyond the limit."""
    await pool.execute(_END, run, msgspec.json.encode(counts).decode())
    for statement in _FORGET:
        await pool.execute(statement, limits.HEALED_ROWS_MAX)


async def counts_of(pool: Pool, run: int) -> tuple[int, str] | None:
    """The answer to a request: the pass that gave it, and its counts as JSON. None: not yet."""
    row = await pool.fetchrow(_ANSWER, run)
    return None if row is None else (row["done_by"], row["counts"])


async def healed_by(pool: Pool, run: int) -> dict[str, int]:
    """What a pass healed: rows by kind."""
    return {row["kind"]: row["rows"] for row in await pool.fetch(_HEALED, run)}


async def names_of(pool: Pool, run: int, limit: int) -> list[str]:
    """The first things that a pass healed, as text."""
    return [f"{row['kind']} {row['source']} {row['name']}" for row in await pool.fetch(_NAMES, run, limit)]
