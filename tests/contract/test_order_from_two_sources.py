"""An order that arrives by webhook while the worker reads it from the marketplace takes its units once."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.handlers.marketplace_orders import MarketplaceOrdersHandler
from stockstorm.reference_service.queues.base import Entry, Settled, State
from stockstorm.reference_service.storage.database import apply_schema, open_pool
from stockstorm.reference_service.storage.tables import add_levels
from tests.contract.reference_queues import empty_database

pytestmark = pytest.mark.e2e
LINES = [{"sku": "A", "quantity": 2}]
BODY = json.dumps({"id": "n1", "topic": "order.created", "order": {"order_id": "o1", "lines": LINES}}).encode()
ENTRY = Entry(1, 1, "bazaar", "order.created", None, 0, BODY)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with EmbeddedPostgres() as server:
        yield empty_database(server)


@pytest.mark.asyncio
async def test_the_second_source_waits_for_the_first_and_finds_the_order_known(url: str) -> None:
    handler = MarketplaceOrdersHandler()
    states: list[State] = []
    async with open_pool(url, size=3) as pool:
        await apply_schema(pool)
        async with pool.acquire() as connection, connection.transaction():
            await add_levels(connection, [Level(1, 1, "gid://shopify/InventoryLevel/1", "A", Reading(10, 1, 1))])

        async def apply(hold: asyncio.Event, begun: asyncio.Event) -> None:
            async with pool.acquire() as connection, connection.transaction():
                result = await handler.apply(connection, [ENTRY])
                states.extend(verdict.state for verdict in result.verdicts if isinstance(verdict, Settled))
                begun.set()
                await hold.wait()

        hold, first, second = asyncio.Event(), asyncio.Event(), asyncio.Event()
        webhook = asyncio.create_task(apply(hold, first))
        await first.wait()
        read = asyncio.create_task(apply(hold, second))
        await asyncio.sleep(0.1)
        assert not second.is_set()
        hold.set()
        await asyncio.gather(webhook, read)
        assert states == [State.APPLIED, State.SUPERSEDED]
        assert await pool.fetchval("SELECT count(*) FROM effect") == 1
