"""The commands for operators, on a real PostgreSQL: dead letters, and a reconciliation that no worker answers."""

import argparse
import json
import random
from collections.abc import Iterator

import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.reference_service.commands import COMMANDS
from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers.marketplace_orders import MarketplaceOrdersHandler
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool, apply_schema, open_pool
from stockstorm.reference_service.storage.dead_letters import dead_bodies
from stockstorm.reference_service.storage.tables import add_levels
from tests.contract.reference_queues import empty_database

pytestmark = pytest.mark.e2e
INSERT = """INSERT INTO dead_letter (entry, seq, source, webhook_id, topic, attempts, reason, body)
VALUES ($1, $2, 'bazaar', $3, 'order.created', 1, '', '')"""


def body_of(order: str, quantity: object) -> bytes:
    lines = [{"sku": "A", "quantity": quantity}]
    return json.dumps({"id": order, "topic": "order.created", "order": {"order_id": order, "lines": lines}}).encode()


POISON, GOOD = body_of("bad", None), body_of("good", 2)


def message(number: int, body: bytes, topic: str = "order.created") -> Message:
    return Message(WorkType.CHANNEL, "bazaar", f"w{number}", topic, None, 1, body)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture
def url(server: EmbeddedPostgres) -> str:
    return empty_database(server)


def settings(architecture: str) -> Settings:
    urls = dict.fromkeys(("admin_api_url", "public_url", "channels_url"), "http://127.0.0.1:1")
    secrets = dict.fromkeys(("admin_token", "client_secret", "channel_token", "channel_secret"), "x")
    ports = dict.fromkeys(("listen_port", "receiver_operations_port", "worker_operations_port"), 0)
    shop = {"shop_domain": "demo.myshopify.com", "channels": "bazaar", "database_url": "postgres://x"}
    return Settings.model_validate({**urls, **secrets, **ports, **shop, "architecture": architecture})


async def run(pool: Pool, *arguments: str, architecture: str = "queue-postgres") -> int:
    parser = argparse.ArgumentParser()
    programs = parser.add_subparsers(dest="program")
    for name, command in COMMANDS.items():
        command.options(programs.add_parser(name))
    options = parser.parse_args(arguments)
    return await COMMANDS[options.program].run(options, settings(architecture), pool)


class Shop:
    """A queue with a worker's loop over it, and one level."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.queue = pool, PostgresQueue(pool)
        handler = MarketplaceOrdersHandler()
        self.loop = WorkLoop(WorkType.CHANNEL, self.queue, handler, lambda _: None, random.Random(1))

    async def open(self, *messages: Message) -> None:
        await apply_schema(self.pool)
        async with self.pool.acquire() as connection, connection.transaction():
            await add_levels(connection, [Level(1, 1, "gid://shopify/InventoryLevel/1", "A", Reading(10, 1, 1))])
        await self.queue.put(messages)
        await self.loop.drain()

    async def states(self) -> list[int]:
        return [row["state"] for row in await self.pool.fetch("SELECT state FROM inbox ORDER BY seq")]


@pytest.mark.asyncio
async def test_dead_letters_are_listed_shown_and_discarded(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_pool(url, size=2) as pool:
        shop = Shop(pool)
        await shop.open(message(1, POISON), message(2, GOOD), message(3, b"[]"))
        assert await shop.states() == [3, 1, 3]
        capsys.readouterr()  # the worker's log
        assert await run(pool, "dead-letters", "list") == 0
        listed = capsys.readouterr().out
        assert "bazaar order.created  webhook w1  1 attempt" in listed
        assert len(listed.splitlines()) == 2
        assert await run(pool, "dead-letters", "list", "--limit", "1") == 0
        assert "--after 1" in capsys.readouterr().out
        assert await run(pool, "dead-letters", "show", "1") == 0
        assert POISON.decode() in capsys.readouterr().out
        assert await run(pool, "dead-letters", "show", "2") == 1
        async with pool.acquire() as connection:
            assert await dead_bodies(connection, [POISON, GOOD]) == {POISON}
        assert await run(pool, "dead-letters", "discard", "1", "9") == 1
        assert "no dead letter has the number 9" in capsys.readouterr().out
        assert await run(pool, "dead-letters", "discard", "--all") == 0
        assert await run(pool, "dead-letters", "list") == 0
        assert "no dead letters" in capsys.readouterr().out
        await shop.queue.put([message(1, GOOD)])  # a discarded one comes again
        assert await shop.loop.drain() == 0


@pytest.mark.asyncio
async def test_a_replayed_dead_letter_is_applied_once_and_one_that_still_fails_comes_back(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_pool(url, size=2) as pool:
        shop = Shop(pool)
        await shop.open(message(1, POISON), message(2, b"[]"))
        await pool.execute("UPDATE dead_letter SET body = $1 WHERE entry = 1", GOOD)  # as if the cause was repaired
        assert await run(pool, "dead-letters", "replay", "--all") == 0
        assert "replayed: 2" in capsys.readouterr().out
        assert await shop.states() == [0, 0]
        await shop.loop.drain()
        assert await shop.states() == [1, 3]
        assert await pool.fetchval("SELECT units::text FROM effect") == '{"A": -2}'
        assert [row["entry"] for row in await pool.fetch("SELECT entry FROM dead_letter")] == [2]
        await shop.queue.put([message(3, GOOD)])  # the same order by another webhook
        await shop.loop.drain()
        assert await pool.fetchval("SELECT count(*) FROM effect") == 1


@pytest.mark.asyncio
async def test_a_topic_without_a_handler_is_not_replayed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_pool(url, size=2) as pool:
        shop = Shop(pool)
        await shop.open(message(1, POISON, "order.teleported"), message(2, POISON))
        assert await run(pool, "dead-letters", "replay", "1", "2") == 1
        assert "nothing was replayed: no handler has the topic 'order.teleported'" in capsys.readouterr().out
        assert await pool.fetchval("SELECT count(*) FROM dead_letter") == 2
        assert await run(pool, "dead-letters", "replay", "--all") == 1
        assert await pool.fetchval("SELECT array_agg(entry) FROM dead_letter") == [1]


@pytest.mark.asyncio
async def test_a_reconciliation_that_nobody_makes_is_told(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_pool(url, size=2) as pool:
        await apply_schema(pool)
        assert await run(pool, "reconcile", "--wait", "0.1") == 1
        assert "no worker has answered request 1" in capsys.readouterr().out
        assert await run(pool, "reconcile", architecture="polling") == 1
        assert "reads everything at its interval" in capsys.readouterr().out


@pytest.mark.asyncio
async def test_numbers_of_an_older_database_become_those_of_the_webhooks(url: str) -> None:
    async with open_pool(url, size=2) as pool:
        await apply_schema(pool)
        for entry, seq in ((1, 2), (2, 5), (3, 5), (4, 1)):
            await pool.execute(INSERT, entry, seq, f"w{entry}")
        await pool.execute("UPDATE applied_schema SET digest = 'older'")
        await apply_schema(pool)
        rows = await pool.fetch("SELECT entry, seq FROM dead_letter ORDER BY entry")
        assert [(row["entry"], row["seq"]) for row in rows] == [(1, 1), (2, 2), (5, 5)]
