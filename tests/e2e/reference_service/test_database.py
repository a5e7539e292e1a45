"""The service's statements on a real database, without its processes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from stockstorm.reference_service.clients.admin_api import Answered
from stockstorm.reference_service.clients.documents import Adjust, AdjustPayload
from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.handlers.marketplace_orders import MarketplaceOrdersHandler
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.storage.database import STORE_GONE, apply_schema, open_pool
from stockstorm.reference_service.storage.tables import add_levels, listable_of
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_writer import StockWriter

pytestmark = pytest.mark.e2e
LEVEL = Level(1, 2, "gid", "MUG", Reading(10, 1, 1), pending=3)


class AcceptingApi:
    """An Admin API that accepts and records every batch."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def wait_for_points(self, *_: Any) -> None:
        """There are always enough points."""

    async def call(self, _operation: Any, variables: dict[str, Any], *_: Any) -> Answered[Adjust]:
        self.keys.append(variables["key"])
        return Answered(Adjust(AdjustPayload(None, [])), 1, 2)


@asynccontextmanager
async def shop(database_url: str) -> AsyncIterator[tuple[Any, AcceptingApi, StockWriter]]:
    """Ten mugs. An order that the master does not have yet took three of them."""
    admin: Any = AcceptingApi()
    async with open_pool(database_url, size=4) as pool:
        await apply_schema(pool)
        async with pool.acquire() as connection:
            await add_levels(connection, [LEVEL])
        await pool.execute("""INSERT INTO effect (token, units) VALUES ('bazaar:1', '{"MUG": -3}')""")
        yield pool, admin, StockWriter(pool, admin, Signals(), None)  # type: ignore[arg-type]  # draws no random numbers


@pytest.mark.asyncio
async def test_a_start_does_not_wait_for_locks_of_a_working_process(database_url: str) -> None:
    async with open_pool(database_url, size=2) as pool:
        await apply_schema(pool)
        async with pool.acquire() as working, working.transaction():
            await working.execute("LOCK TABLE stock, channel_order, queue, effect, batch IN ROW EXCLUSIVE MODE")
            async with open_pool(database_url, size=1) as starting:
                await asyncio.wait_for(apply_schema(starting), 5)
        assert await pool.fetchval("SELECT count(*) FROM applied_schema") == 1


@pytest.mark.asyncio
async def test_a_database_with_the_old_name_of_a_column_is_upgraded(database_url: str) -> None:
    async with open_pool(database_url, size=1) as pool:
        await apply_schema(pool)
        await pool.execute("ALTER TABLE queue RENAME COLUMN work_type TO lane")
        await pool.execute("UPDATE applied_schema SET digest = 'of an older version'")
        await apply_schema(pool)
        await apply_schema(pool)
        assert await pool.fetchval("SELECT count(work_type) FROM queue") == 0


@pytest.mark.asyncio
async def test_a_batch_finished_by_two_leaders_reduces_pending_units_once(database_url: str) -> None:
    async with shop(database_url) as (pool, admin, writer):
        batch = await writer._open()
        assert batch is not None
        await writer._finish(batch)
        await writer._finish(batch)
        assert len(set(admin.keys)) == 1
        assert await pool.fetchval("SELECT pending FROM stock") == 0


@pytest.mark.asyncio
async def test_a_waiting_sale_whose_sku_was_renamed_is_refused_with_a_reason(database_url: str) -> None:
    async with shop(database_url) as (pool, admin, writer):
        await pool.execute("UPDATE stock SET sku = 'CUP'")
        assert await writer.write_once() is False
        assert (admin.keys, await writer.has_work()) == ([], False)
        assert "SKU" in await pool.fetchval("SELECT refused FROM effect")
        assert await listable_of(pool, ["CUP"]) == {"CUP": 7}


@pytest.mark.asyncio
async def test_a_cancellation_of_a_refused_sale_gives_no_units_back(database_url: str) -> None:
    notification = {"topic": "order.cancelled", "order": {"order_id": "1", "lines": [{"sku": "MUG", "quantity": 3}]}}
    async with shop(database_url) as (pool, _, _), pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE effect SET refused = 'no such place'")
        await connection.execute(
            """INSERT INTO channel_order VALUES ('bazaar', '1', true, false, '{"MUG": 3}', '{}')"""
        )
        entry = Entry(1, 1, "bazaar", "order.cancelled", None, 0, json.dumps(notification).encode())
        await MarketplaceOrdersHandler().apply(connection, [entry])
        assert await connection.fetchval("SELECT count(*) FROM effect") == 0
        assert await connection.fetchval("SELECT pending FROM stock") == 0


@pytest.mark.asyncio
async def test_a_level_added_twice_is_doubtful(database_url: str) -> None:
    async with shop(database_url) as (pool, _, _), pool.acquire() as connection:
        await add_levels(connection, [LEVEL])
        assert await pool.fetchval("SELECT doubtful FROM stock")


def test_a_deadlock_counts_as_an_unavailable_store() -> None:
    assert issubclass(asyncpg.DeadlockDetectedError, STORE_GONE)
