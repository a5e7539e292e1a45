"""A PostgreSQL server: create, drop, list and describe databases, and read their counters.

No error quotes a password.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias, TypeVar

import asyncpg
import msgspec

from stockstorm.loadtests.backing.postgres.urls import place
from stockstorm.simulator.errors import BackingError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"  # generic only in asyncpg's stubs
Result = TypeVar("Result")
CONNECT_TIMEOUT_S: Final = 5.0
SESSION_TIMEOUT_S: Final = 60.0  # a busy server takes seconds to create a database
CLOSE_TIMEOUT_S: Final = 2.0
WORK_TIMEOUT_S: Final = 10.0
ANSWER_WITHIN_S: Final = 1.0
WORK_QUERY: Final = """
select xact_commit + xact_rollback, tup_inserted + tup_updated + tup_deleted
from pg_stat_database where datname = current_database()
"""
FAILURES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def create_database(url: str, name: str) -> None:
    """Creates an empty database on the server of `url`. Raises BackingError."""
    statement = f"CREATE DATABASE {_checked(name)} TEMPLATE template0"
    _at(url, lambda connection: connection.execute(statement))


def drop_database(url: str, name: str) -> None:
    """Drops the database, even if the subject still holds connections. Raises BackingError."""
    statement = f"DROP DATABASE IF EXISTS {_checked(name)} WITH (FORCE)"
    _at(url, lambda connection: connection.execute(statement))


def databases(url: str) -> list[str]:
    """The names of all databases of the server. Raises BackingError."""

    async def read(connection: Connection) -> list[str]:
        return [row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")]

    return _at(url, read)


def describe(url: str) -> str:
    """Version and durability, e.g. `18.4, fsync on, synchronous_commit on`. Raises BackingError."""

    async def read(connection: Connection) -> str:
        version = await connection.fetchval("SHOW server_version")
        settings = [f"{name} {await connection.fetchval(f'SHOW {name}')}" for name in ("fsync", "synchronous_commit")]
        return f"{version.split()[0]}, {', '.join(settings)}"

    return _at(url, read)


def answers(url: str) -> bool:
    """Whether a query is answered within ANSWER_WITHIN_S. A server that is paused or starting answers none."""

    async def ask() -> None:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            connection = await asyncpg.connect(url)
            try:
                await connection.execute("SELECT 1")
            finally:
                connection.terminate()

    try:
        asyncio.run(ask())
    except FAILURES:
        return False
    return True


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain database name: {name}")
    return name


def _at(url: str, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """Connects and runs `work`. Raises every failure as BackingError with what to do."""

    async def session() -> Result:
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
        try:
            async with asyncio.timeout(SESSION_TIMEOUT_S):
                return await work(connection)
        finally:
            await _closed(connection)

    try:
        return asyncio.run(session())
    except (*FAILURES, ValueError) as error:
        raise _translated(url, error) from None  # the cause may quote the URL


async def _closed(connection: Connection) -> None:
    """Says goodbye to a server, and leaves one that does not answer."""
    with suppress(*FAILURES):
        await connection.close(timeout=CLOSE_TIMEOUT_S)
    connection.terminate()


def _translated(url: str, error: Exception) -> BackingError:
    where = f"PostgreSQL at {place(url)}"
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return BackingError(where, "it refuses this user or password", "correct the user and password in the URL")
        case asyncpg.InsufficientPrivilegeError():
            remedy = "grant the user CREATEDB (ALTER ROLE … CREATEDB), because each run gets its own database"
            return BackingError(where, "this user may not create databases", remedy)
        case asyncpg.InvalidCatalogNameError():
            return BackingError(where, "there is no such database", "end the URL with one that exists, e.g. /postgres")
        case asyncpg.PostgresError() | asyncpg.InternalClientError():
            return BackingError(where, f"it answered {type(error).__name__}", "read the server's log")
        case OSError() | TimeoutError():
            remedy = "start it or correct host and port; or omit --postgres for the embedded one"
            return BackingError(where, f"nothing answers ({type(error).__name__})", remedy)
        case _:
            return BackingError(where, "the URL cannot be read", "write postgresql://user:password@host:5432/database")


class DatabaseWork(msgspec.Struct, frozen=True):
    """Counters of a database since it was created: what an architecture costs besides CPU."""

    transactions: int
    rows_written: int


def database_work(url: str) -> DatabaseWork | None:
    """None when the database does not answer. The run continues without these figures."""
    try:
        return asyncio.run(asyncio.wait_for(_read(url), WORK_TIMEOUT_S))
    except FAILURES:
        return None


async def _read(url: str) -> DatabaseWork | None:
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(WORK_QUERY)
    finally:
        await _closed(connection)
    return DatabaseWork(int(row[0]), int(row[1])) if row else None
