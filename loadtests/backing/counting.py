"""How much the database has done so far, by its own statistics: what an architecture costs besides CPU."""

import asyncio

import asyncpg
import msgspec

QUERY = """
select xact_commit + xact_rollback, tup_inserted + tup_updated + tup_deleted
from pg_stat_database where datname = current_database()
"""
WITHIN_S = 10.0


class DatabaseWork(msgspec.Struct, frozen=True):
    """Counters since the database was made."""

    transactions: int
    rows_written: int


def database_work(url: str) -> DatabaseWork | None:
    """None when the database does not answer; the run goes on without these figures."""
    try:
        return asyncio.run(asyncio.wait_for(_read(url), WITHIN_S))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None


async def _read(url: str) -> DatabaseWork | None:
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(QUERY)
    finally:
        await connection.close()
    return DatabaseWork(int(row[0]), int(row[1])) if row else None
