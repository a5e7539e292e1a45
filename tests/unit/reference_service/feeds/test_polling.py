"""Reading at an interval, and the task budget of a scheduled flow."""

import asyncio
import time
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.documents import updated_since
from stockstorm.reference_service.clients.order_documents import (
    ChangedOrder,
    MoneyBag,
    OrderRefund,
    RestockLine,
    RestockLines,
    ShopMoney,
)
from stockstorm.reference_service.domain.payloads import ShopOrder, ShopRefund
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.feeds.polling import IntervalFeed, StockPoll
from stockstorm.reference_service.feeds.scheduled_flow import TaskBudget, TasksUsedUp
from stockstorm.reference_service.feeds.shop_orders import resources_of


class Reader:
    """Records its calls."""

    def __init__(self) -> None:
        self.since: list[int | None] = []  # None: all levels

    async def read_all(self, _: object = None) -> int:
        self.since.append(None)
        return 0

    async def read_changed(self, since_ns: int, _: object = None) -> int:
        self.since.append(since_ns)
        return 0


class Parts:
    """The parts of a worker that StockPoll needs."""

    def __init__(self) -> None:
        self.reader = Reader()
        self.admin_lock = asyncio.Lock()


def stock_poll() -> tuple[Any, Reader]:
    parts: Any = Parts()
    return StockPoll(parts), parts.reader


@pytest.mark.asyncio
async def test_a_poll_reads_from_the_begin_of_the_last_one_with_some_overlap() -> None:
    began_ns = time.time_ns()
    poll, reader = stock_poll()
    await poll.read()
    await poll.read()
    overlap_ns = round(limits.POLL_OVERLAP_S * SECOND_NS)
    first, second = (since or 0 for since in reader.since)
    assert began_ns - overlap_ns <= first < second <= time.time_ns() - overlap_ns


@pytest.mark.asyncio
async def test_all_levels_are_read_after_the_clock_went_back_and_at_the_full_read_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poll, reader = stock_poll()
    with monkeypatch.context() as change:
        change.setattr("stockstorm.reference_service.feeds.polling.time.time_ns", lambda: 1)
        await poll.read()
    monkeypatch.setattr(limits, "FULL_READ_EVERY_S", 0.0)
    again, other = stock_poll()
    await again.read()
    assert reader.since == [None]
    assert other.since == [None]


@pytest.mark.asyncio
async def test_the_intervals_missed_by_a_long_poll_are_skipped() -> None:
    moments: list[float] = []

    async def read() -> None:
        moments.append(time.monotonic())
        if len(moments) == 2:
            await asyncio.sleep(0.25)

    polled = IntervalFeed("x", 0.1, read)
    await polled.catch_up()
    running = asyncio.create_task(polled.run())
    await asyncio.sleep(0.55)
    running.cancel()
    assert 4 <= len(moments) <= 5  # at 0.0, 0.1 (until 0.35), 0.4, 0.5


@pytest.mark.asyncio
async def test_a_feed_without_a_poll_at_start_does_not_catch_up() -> None:
    reads: list[int] = []

    async def read() -> None:
        reads.append(1)

    await IntervalFeed("x", 0.1, read, at_start=False).catch_up()
    assert reads == []


@pytest.mark.asyncio
async def test_a_run_has_a_limited_number_of_tasks_each_with_its_latency() -> None:
    budget = TaskBudget(2, 0.02)

    async def act() -> str:
        return "done"

    started = time.monotonic()
    assert await budget.step(act) == "done"
    assert await budget.step() is None
    with pytest.raises(TasksUsedUp):
        await budget.step(act)
    assert (budget.used, time.monotonic() - started >= 0.04) == (2, True)


def test_a_search_starts_at_the_whole_second() -> None:
    assert updated_since(1_780_000_000 * SECOND_NS + 999_999_999) == "updated_at:>='2026-05-28T20:26:40Z'"


def test_a_polled_order_yields_the_order_and_its_refunds_as_webhooks_do() -> None:
    lines = RestockLines([RestockLine("NO_RESTOCK"), RestockLine("RETURN")])
    node = ChangedOrder(
        "gid://shopify/Order/5",
        "#1",
        "1970-01-01T00:00:02Z",
        None,
        "GBP",
        "PARTIALLY_REFUNDED",
        MoneyBag(ShopMoney("9.99")),
        [OrderRefund("gid://shopify/Refund/6", lines)],
    )
    order, refund = resources_of(node, 77)
    assert (order.version, refund.version) == ((2 * SECOND_NS, 77), (0, 0))
    assert isinstance(order.payload, ShopOrder)
    assert (order.payload.id, order.payload.financial_status, order.payload.total_price) == (
        5,
        "partially_refunded",
        "9.99",
    )
    assert isinstance(refund.payload, ShopRefund)
    assert (refund.payload.id, refund.payload.order_id, refund.payload.restocks) == (6, 5, True)
