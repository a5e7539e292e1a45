"""Connections to PostgreSQL, the schema, and the lock that makes one worker the only writer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import Any

import asyncpg

from stockstorm.reference_service import limits
from stockstorm.reference_service.telemetry import metrics

SCHEMA_LOCK = 7_310_001
LEADER_LOCK = 7_310_002
# Every statement goes by an index and is planned once: planning and compiling would cost more than running it, and a
# queue table whose size changes by the second has statistics that are always wrong.
SERVER_SETTINGS = {
    "application_name": "reference_service",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
}


# Errors that say nothing about a statement: the server is away, closing, refusing us, or out of space, or it ended a
# transaction that stood in another's way.
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


Connection = Any  # asyncpg has no types of its own
Pool = Any


class StoreUnavailable(Exception):
    """The queue could not take the messages; nothing may be acknowledged."""


@asynccontextmanager
async def open_pool(url: str, *, size: int, timeout_s: float | None = None) -> AsyncIterator[Any]:
    """A pool of at most `size` connections; statements that take over `timeout_s` raise TimeoutError."""
    pool = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        command_timeout=timeout_s,
        server_settings=SERVER_SETTINGS,
        timeout=5.0,
        init=_count_statements,
    )
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(limits.SHUTDOWN_S):
                await pool.close()
        except TimeoutError:
            pool.terminate()


async def _count_statements(connection: Any) -> None:
    connection.add_query_logger(lambda _: metrics.STATEMENTS.inc())


async def apply_schema(pool: Any) -> None:
    """Brings an empty or older database up to schema.sql; processes that start together take turns.

    A database that has it already is left alone: even statements that change nothing lock tables, and would stand in
    the way of a process that works.
    """
    script = files("stockstorm.reference_service.storage").joinpath("schema.sql").read_text(encoding="utf-8")
    digest = hashlib.sha256(script.encode()).hexdigest()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
        if await _schema_digest(connection) != digest:
            await connection.execute(script)
            await connection.execute("DELETE FROM applied_schema")
            await connection.execute("INSERT INTO applied_schema (digest) VALUES ($1)", digest)


async def _schema_digest(connection: Any) -> str | None:
    if await connection.fetchval("SELECT to_regclass('applied_schema')") is None:
        return None
    digest: str | None = await connection.fetchval("SELECT digest FROM applied_schema")
    return digest


@asynccontextmanager
async def leadership(pool: Any) -> AsyncIterator[asyncio.Event]:
    """Waits until this process is the only worker; the event is set if the lock's connection is ever lost."""
    async with pool.acquire() as connection:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):
            await asyncio.sleep(limits.LEADER_RETRY_S)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            yield lost
        finally:
            with suppress(*STORE_GONE):  # a lost connection has given the lock back by itself
                await connection.fetchval("SELECT pg_advisory_unlock($1)", LEADER_LOCK)
