"""The architectures without webhooks: what they read, how often, and what they do with unusable notifications."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]


def notification(order_id: str, lines: dict[str, Any], topic: str = "order.created") -> dict[str, Any]:
    rows = [{"sku": sku, "quantity": units, "price": "9.99"} for sku, units in lines.items()]
    return {"id": f"{order_id}.{topic}", "topic": topic, "order": {"order_id": order_id, "lines": rows}}


def rows_of(database_url: str, query: str) -> list[tuple[Any, ...]]:
    async def read() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(database_url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(read())


def polling(make_service: Make, **settings: str) -> Any:
    service = make_service(architecture="polling", **{"poll_interval_s": "0.2", **settings})
    service.start_all()
    return service


def test_an_unusable_notification_is_a_dead_letter_and_blocks_no_other(make_service: Make, commerce: Any) -> None:
    commerce.feeds["bazaar"] += [
        {"id": "poison", "topic": "order.created", "order": {"order_id": 7}},
        notification("with\0nothing", {"SKU-0001": 1}),
        notification("bazaar-1", {"SKU-0002": 1}),
        notification("bazaar-2", {"no such sku": 1}),
        notification("bazaar-3", {"SKU-0003": 1}),
    ]
    service = polling(make_service)
    service.wait_until(lambda: len(commerce.tokens()) == 2, "the valid ones are written")
    assert sorted(commerce.tokens()) == ["bazaar:bazaar-1", "bazaar:bazaar-3"]
    url = service.worker_url
    service.wait_until(lambda: len(service.probe("dead-letters", url)) == 2, "two are dead letters")
    assert "read:poison" in [row["webhook_id"] for row in service.probe("dead-letters", url)]
    waiting = {row["webhook_id"] for row in service.probe("effects", url) if row["state"] == "pending"}
    assert "read:bazaar-2.order.created" in waiting
    assert len(waiting) == 1


def test_a_poll_reads_only_changes_and_stores_the_shops_orders(
    make_service: Make, commerce: Any, database_url: str
) -> None:
    refund = {"id": "gid://shopify/Refund/9", "refundLineItems": {"nodes": [{"restockType": "RETURN"}]}}
    order = {
        "id": "gid://shopify/Order/5001",
        "name": "#1",
        "updatedAt": "2026-11-24T10:00:00Z",
        "cancelledAt": None,
        "currencyCode": "GBP",
        "displayFinancialStatus": "PAID",
        "totalPriceSet": {"shopMoney": {"amount": "9.99"}},
        "refunds": [refund],
    }
    commerce.shop_orders.append(order)
    service = polling(make_service)
    query = "SELECT order_id, financial_status, total_price, cancelled FROM shop_order"
    assert rows_of(database_url, query) == [(5001, "paid", "9.99", False)]
    assert rows_of(database_url, "SELECT refund_id, order_id, restock FROM shop_refund") == [(9, 5001, True)]
    order |= {"updatedAt": "2026-11-24T10:00:05Z", "cancelledAt": "2026-11-24T10:00:05Z"}
    service.wait_until(lambda: rows_of(database_url, query)[0][3], "the cancellation is read")
    assert commerce.calls.count("Items") == 1
    assert commerce.calls.count("ChangedLevels") > 1


def test_nothing_is_read_between_two_polls(make_service: Make, commerce: Any) -> None:
    polling(make_service, poll_interval_s="60")
    calls = len(commerce.calls)
    commerce.feeds["bazaar"].append(notification("bazaar-1", {"SKU-0001": 1}))
    time.sleep(1.0)
    assert len(commerce.calls) == calls
    assert commerce.tokens() == []


def test_a_flow_writes_one_order_per_call_and_pushes_one_sku_per_call(make_service: Make, commerce: Any) -> None:
    service = make_service(architecture="ipaas", flow_interval_s="0.2", flow_step_s="0")
    service.start_all()
    bulk = len(commerce.pushed)
    assert max(len(skus) for skus in commerce.pushed) == 20
    commerce.feeds["bazaar"] += [notification(f"bazaar-{n}", {"SKU-0001": 1, "SKU-0002": 2}) for n in range(3)]
    service.wait_until(lambda: commerce.listings["mercado"]["SKU-0002"] == 94, "the other channel is in step")
    assert commerce.tokens() == ["bazaar:bazaar-0", "bazaar:bazaar-1", "bazaar:bazaar-2"]
    assert len(commerce.adjustments) == 3
    assert {len(skus) for skus in commerce.pushed[bulk:]} == {1}


def test_work_beyond_the_tasks_of_a_run_waits_for_the_next_run(make_service: Make, commerce: Any) -> None:
    service = make_service(architecture="ipaas", flow_interval_s="0.3", flow_step_s="0", flow_tasks_max="6")
    service.start_all()
    commerce.feeds["mercado"] += [notification(f"mercado-{n}", {"SKU-0001": 1}) for n in range(4)]
    service.wait_until(lambda: commerce.listings["bazaar"]["SKU-0001"] == 96, "later runs finish the work")
    assert commerce.stock[commerce.item("SKU-0001")] == 96
    lines = map(json.loads, (service.folder / "worker.log").read_text().splitlines())
    cut = [line["tasks"] for line in lines if line["event"] == "tasks_used_up"]
    assert set(cut) == {6}, "no run had to leave work to the next"


def test_an_architecture_without_a_receiver_refuses_to_start_one(make_service: Make) -> None:
    service = make_service(architecture="polling")
    service.start("receiver")
    assert service.processes.pop("receiver").wait(20) == 3
    assert "has no receiver" in (service.folder / "receiver.log").read_text()
