"""Two readers of one marketplace share a cursor: none ends the other, and each notification is applied once."""

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.reference_service.clients.marketplace import FeedPage
from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.order_feed import OrderFeed, source_of
from stockstorm.reference_service.handlers.marketplace_orders import MarketplaceOrdersHandler
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.storage.database import apply_schema, open_pool
from stockstorm.reference_service.storage.tables import add_levels, position_of
from tests.contract.reference_queues import empty_database

pytestmark = pytest.mark.e2e
ORDERS = 6


class Market:
    """An orders endpoint that both readers have asked before it answers either of them."""

    def __init__(self) -> None:
        self.waiting, self.both = 0, asyncio.Event()

    async def orders_since(self, cursor: str, limit: int) -> FeedPage:
        self.waiting += 1
        if self.waiting == 2:
            self.both.set()
        await self.both.wait()
        since = int(cursor)
        page: Any = [body_of(number) for number in range(since, min(ORDERS, since + limit))]
        return FeedPage(page, str(since + len(page)))


def body_of(number: int) -> bytes:
    lines = [{"sku": "A", "quantity": 1}]
    order = {"order_id": f"o{number}", "lines": lines}
    return json.dumps({"id": f"n{number}", "topic": "order.created", "order": order}).encode()


@pytest.fixture
def url() -> Iterator[str]:
    with EmbeddedPostgres() as server:
        yield empty_database(server)


@pytest.mark.asyncio
async def test_a_reader_whose_cursor_another_has_moved_reads_again(url: str) -> None:
    async with open_pool(url, size=4) as pool:
        await apply_schema(pool)
        async with pool.acquire() as connection, connection.transaction():
            await add_levels(connection, [Level(1, 1, "gid://shopify/InventoryLevel/1", "A", Reading(50, 1, 1))])
        await pool.execute("INSERT INTO poll_cursor VALUES ($1, '0')", source_of("bazaar"))
        market: Any = Market()
        loops = [
            WorkLoop(
                WorkType.CHANNEL,
                OrderFeed(pool, "bazaar", market, random.Random(1)),
                MarketplaceOrdersHandler(),
                lambda _: None,
                random.Random(1),
                claim_max=ORDERS + 1,
            )
            for _ in range(2)
        ]
        assert sorted(await asyncio.gather(*(loop.drain() for loop in loops))) == [0, ORDERS]
        assert await pool.fetchval("SELECT count(*) FROM effect") == ORDERS
        assert await position_of(pool, source_of("bazaar")) == str(ORDERS)
