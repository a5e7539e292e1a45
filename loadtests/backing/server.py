"""What a backing asks of a PostgreSQL server: create and drop a database, say what it is. Errors name no password."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from simulator.errors import BackingError

CONNECT_TIMEOUT_S: Final = 5.0
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def create_database(url: str, name: str) -> None:
    """Creates an empty database on the server of `url`. Raises BackingError."""
    statement = f"CREATE DATABASE {_checked(name)} TEMPLATE template0"
    _at(url, lambda connection: connection.execute(statement))


def drop_database(url: str, name: str) -> None:
    """Drops it, even when the subject still holds connections. Raises BackingError."""
    statement = f"DROP DATABASE IF EXISTS {_checked(name)} WITH (FORCE)"
    _at(url, lambda connection: connection.execute(statement))


def describe(url: str) -> str:
    """Version and durability, e.g. `18.4, fsync on, synchronous_commit on`. Raises BackingError."""

    async def ask(connection: Any) -> str:
        version = await connection.fetchval("SHOW server_version")
        settings = [f"{name} {await connection.fetchval(f'SHOW {name}')}" for name in ("fsync", "synchronous_commit")]
        return f"{version.split()[0]}, {', '.join(settings)}"

    return str(_at(url, ask))


def with_database(url: str, name: str) -> str:
    """The same server and credentials, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def place(url: str) -> str:
    """`host:port/database` without credentials, for messages."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or 'local'}:{parts.port or 5432}{parts.path}"
    except ValueError:
        return "the URL given"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain database name: {name}")
    return name


def _at(url: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Connects, works, and turns every failure into one that tells the user what to do."""

    async def session() -> Any:
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
        try:
            return await work(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(session())
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError) as error:
        raise _explained(url, error) from None  # the cause may quote the URL


def _explained(url: str, error: Exception) -> BackingError:
    where = f"PostgreSQL at {place(url)}"
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return BackingError(where, "it refuses this user or password", "correct the user and password in the URL")
        case asyncpg.InsufficientPrivilegeError():
            remedy = "grant the user CREATEDB (ALTER ROLE … CREATEDB), since each run gets a database of its own"
            return BackingError(where, "this user may not create databases", remedy)
        case asyncpg.InvalidCatalogNameError():
            return BackingError(where, "there is no such database", "end the URL with one that exists, e.g. /postgres")
        case asyncpg.PostgresError():
            return BackingError(where, f"it answered {type(error).__name__}", "read the server's log")
        case OSError() | TimeoutError():
            remedy = "start it or correct host and port; or leave --postgres out for the embedded one"
            return BackingError(where, f"nothing answers ({type(error).__name__})", remedy)
        case _:
            return BackingError(where, "the URL cannot be read", "write postgresql://user:password@host:5432/database")
