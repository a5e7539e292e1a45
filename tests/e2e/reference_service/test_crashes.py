"""After kills, a lost answer, a lost database or a second worker, nothing is lost and nothing is applied twice."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]


def allow_connections(server_url: str, database_url: str, *, allowed: bool) -> None:
    """Forbids connections to a database and closes the open ones, or allows connections again."""
    name = database_url.partition("?")[0].rpartition("/")[2]

    async def act() -> None:
        connection = await asyncpg.connect(server_url)
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}")
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await connection.close()

    asyncio.run(act())


def test_a_batch_of_a_killed_worker_is_sent_again_with_the_same_key(make_service: Make, commerce: Any) -> None:
    service = make_service()
    service.start_all()
    commerce.hangs.set()
    service.order("bazaar", "bazaar-1", "order.created", {"SKU-0001": 4})
    service.wait_until(lambda: len(commerce.adjustments) == 1, "the adjust is executed")
    service.kill("worker")
    commerce.hangs.clear()
    service.order("bazaar", "bazaar-2", "order.created", {"SKU-0001": 1})
    service.start("worker")
    service.await_ready()
    service.wait_until(lambda: commerce.listings["mercado"]["SKU-0001"] == 95, "the other channel is in step")
    service.wait_until(lambda: len(commerce.tokens()) == 2, "the second order is written")
    assert commerce.stock[commerce.item("SKU-0001")] == 95
    assert sorted(commerce.tokens()) == ["bazaar:bazaar-1", "bazaar:bazaar-2"]


def test_an_adjust_whose_answer_was_lost_is_executed_once(make_service: Make, commerce: Any) -> None:
    service = make_service()
    service.start_all()
    commerce.fails_adjust = 2
    service.order("mercado", "mercado-1", "order.created", {"SKU-0002": 4})
    service.wait_until(lambda: service.probe("stock")[2]["available"] == 96, "the adjust is answered")
    assert commerce.calls.count("Adjust") == 3
    assert commerce.stock[commerce.item("SKU-0002")] == 96
    assert commerce.listings["bazaar"]["SKU-0002"] == 96


def test_acknowledged_events_survive_the_kill_of_both_processes(make_service: Make, commerce: Any) -> None:
    service = make_service()
    service.start_all()
    service.kill("worker")
    orders = [f"bazaar-{n}" for n in range(30)]
    for order in orders:
        assert service.order("bazaar", order, "order.created", {"SKU-0003": 1}).status_code == 200
    service.kill("receiver")
    service.start_all()
    service.wait_until(lambda: commerce.stock[commerce.item("SKU-0003")] == 70, "every order is in the master")
    assert sorted(commerce.tokens()) == sorted(f"bazaar:{order}" for order in orders)


def test_without_its_database_it_refuses_and_then_recovers(
    make_service: Make, commerce: Any, database_url: str, postgres: Any
) -> None:
    service = make_service()
    service.start_all()
    allow_connections(postgres.url, database_url, allowed=False)
    assert service.stock_webhook("SKU-0004", 5).status_code == 503
    assert not service.answers(f"{service.receiver_url}/readyz")
    allow_connections(postgres.url, database_url, allowed=True)
    service.wait_until(lambda: service.stock_webhook("SKU-0001", 5).status_code == 200, "it stores again")

    def is_listed() -> bool:
        """The worker may read all stock once more, and then only later news counts."""
        service.stock_webhook("SKU-0004", 5)
        return bool(commerce.listings["bazaar"]["SKU-0004"] == 5)

    service.wait_until(is_listed, "the worker continues")
    service.await_ready()


def test_a_second_worker_takes_over_when_the_first_is_killed(make_service: Make, commerce: Any) -> None:
    first = make_service()
    first.start_all()
    second = make_service()
    second.start("worker")
    second.wait_until(lambda: second.answers(f"{second.worker_url}/healthz"), "the second process is running")
    time.sleep(0.5)
    assert not second.answers(f"{second.worker_url}/readyz")
    first.kill("worker")
    second.wait_until(lambda: second.answers(f"{second.worker_url}/readyz"), "the second leads")
    first.stock_webhook("SKU-0005", 3)
    second.wait_until(lambda: commerce.listings["bazaar"]["SKU-0005"] == 3, "the second works")
