"""Each deliberate flaw has its own visible effect."""

import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]
TRIES = ("first", "second", "third")  # it stores every 1.5 s, which can be between the answer and the kill


def test_no_order_dedup_writes_a_repeated_order_twice(make_service: Make, commerce: Any) -> None:
    service = make_service(flaw="no_order_dedup")
    service.start_all()
    for times in (1, 2):
        service.order("bazaar", "bazaar-1", "order.created", {"SKU-0001": 2}, webhook_id="same")
        written = ["bazaar:bazaar-1"] * times
        service.wait_until(lambda written=written: commerce.tokens() == written, f"the order is written, {times}")
    assert commerce.stock[commerce.item("SKU-0001")] == 96
    service.wait_until(lambda: service.effects()["same"]["times"] == 2, "the probe counts both")


def test_last_write_wins_shows_an_older_level(make_service: Make, commerce: Any) -> None:
    service = make_service(flaw="last_write_wins")
    service.start_all()
    now = time.time_ns()
    service.stock_webhook("SKU-0001", 40, at_ns=now + 2_000)
    service.stock_webhook("SKU-0001", 90, at_ns=now + 1_000)
    service.wait_until(lambda: commerce.listings["bazaar"]["SKU-0001"] == 90, "the older level is shown")
    assert commerce.listings["bazaar"]["SKU-0001"] == 90


def test_ack_before_durable_loses_acknowledged_events(make_service: Make) -> None:
    service = make_service(flaw="ack_before_durable")
    service.start_all()
    for name in TRIES:
        body = {"id": 1, "updated_at": "2026-11-24T10:00:00Z"}
        assert service.webhook("orders/create", body, webhook_id=name).status_code == 200
        service.kill("receiver")
        service.start("receiver")
        service.await_ready()
        if name not in service.effects():
            return
    raise AssertionError("every acknowledged event was stored")


def test_no_signature_check_accepts_a_forged_request(make_service: Make) -> None:
    flawed, correct = make_service(flaw="no_signature_check"), make_service()
    body = {"id": 1, "updated_at": "2026-11-24T10:00:00Z"}
    statuses = []
    for service in (flawed, correct):
        service.start("receiver")
        service.wait_until(lambda s=service: s.answers(f"{s.receiver_url}/readyz"), "the receiver is ready")
        statuses.append(service.webhook("orders/create", body, signature="forged").status_code)
    assert statuses == [200, 401]


def test_slow_handler_delays_the_answer(make_service: Make) -> None:
    service = make_service(flaw="slow_handler")
    service.start("receiver")
    service.wait_until(lambda: service.answers(f"{service.receiver_url}/readyz"), "the receiver is ready")
    started = time.monotonic()
    assert service.webhook("orders/create", {"id": 1, "updated_at": "2026-11-24T10:00:00Z"}).status_code == 200
    assert time.monotonic() - started >= 0.15
