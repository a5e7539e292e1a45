"""Connections to PostgreSQL, the schema, and the lock that makes one worker the only writer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from stockstorm.reference_service import limits, metrics

SCHEMA_LOCK = 7_310_001
LEADER_LOCK = 7_310_002
# Every statement uses an index and is planned once. Planning and compiling would cost more than the execution, and the
# statistics of a queue table, whose size changes every second, are always wrong.
SERVER_SETTINGS = {
    "application_name": "reference_service",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
}
# Errors that say nothing about the statement: the server is unreachable, closing, refuses us or has no space, or it
# ended the transaction because of another one.
STORE_GONE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.TransactionRollbackError,
)


class StoreUnavailable(Exception):
    """The database or the queue could not do what was requested. Nothing may be acknowledged."""


class StoreUnreachable(StoreUnavailable):
    """The database or the queue does not answer. The same request may succeed as soon as it is back."""


# asyncpg's classes are generic only in their stubs, so these aliases are strings.
Row: TypeAlias = asyncpg.Record
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"


@asynccontextmanager
async def open_pool(url: str, *, size: int, timeout_s: float | None = None) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections. A statement that takes longer than `timeout_s` raises TimeoutError."""
    pool = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        command_timeout=timeout_s,
        server_settings=SERVER_SETTINGS,
        timeout=5.0,
        init=_count_statements,
        reset=_keep,
    )
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(limits.SHUTDOWN_S):
                await pool.close()
        except TimeoutError:
            pool.terminate()


async def _count_statements(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    connection.add_query_logger(lambda _: metrics.STATEMENTS.inc())


async def _keep(_connection: object) -> None:
    """A connection that is given back keeps its session: no setting changes, and locks and LISTEN are undone.

    The default is four more statements for each use of a connection.
    """


async def apply_schema(pool: Pool) -> None:
    """Brings an empty or older database up to schema.sql. Processes that start together take turns.

    A database that already has this schema is left alone: even statements that change nothing lock tables and would
    block a working process.
    """
    script = files("stockstorm.reference_service.storage").joinpath("schema.sql").read_text(encoding="utf-8")
    digest = hashlib.sha256(script.encode()).hexdigest()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
        if await _schema_digest(connection) != digest:
            await connection.execute(script)
            await connection.execute("DELETE FROM applied_schema")
            await connection.execute("INSERT INTO applied_schema (digest) VALUES ($1)", digest)


async def _schema_digest(connection: Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('applied_schema')") is None:
        return None
    digest: str | None = await connection.fetchval("SELECT digest FROM applied_schema")
    return digest


@asynccontextmanager
async def leadership(pool: Pool) -> AsyncIterator[asyncio.Event]:
    """Waits until this process is the only worker. The event is set if the connection that has the lock is lost."""
    async with pool.acquire() as connection:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
            await asyncio.sleep(limits.LEADER_RETRY_S)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            yield lost
        finally:
            try:
                await connection.fetchval("SELECT pg_advisory_unlock($1)", LEADER_LOCK)
            except (*STORE_GONE, asyncpg.InternalClientError):
                # The connection is lost, or in the middle of an operation. Its end releases the lock.
                connection.terminate()


@asynccontextmanager
async def listening(
    pool: Pool, channel: str, on_payload: Callable[[str], None], on_lost: Callable[[], None] = lambda: None
) -> AsyncIterator[asyncio.Event]:
    """Calls `on_payload` for each NOTIFY on the channel. A lost connection sets the event and calls `on_lost`."""
    lost = asyncio.Event()

    def end(_: object) -> None:
        lost.set()
        on_lost()

    def received(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        on_payload(str(payload))

    async with pool.acquire() as connection:
        connection.add_termination_listener(end)
        await connection.add_listener(channel, received)
        try:
            yield lost
        finally:
            with suppress(*STORE_GONE):
                await connection.remove_listener(channel, received)
