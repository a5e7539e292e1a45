"""Flaws of the guide by what they do. Those of order and of crashes are judged in test_self_proof.py."""

import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]


def test_no_order_dedup_writes_a_repeated_order_twice(make_service: Make, commerce: Any) -> None:
    service = make_service(flaw="no_order_dedup")
    service.start_all()
    for times in (1, 2):
        service.order("bazaar", "bazaar-1", "order.created", {"SKU-0001": 2}, webhook_id="same")
        written = ["bazaar:bazaar-1"] * times
        service.wait_until(lambda written=written: commerce.tokens() == written, f"the order is written, {times}")
    assert commerce.stock[commerce.item("SKU-0001")] == 96
    service.wait_until(lambda: service.effects()["same"]["times"] == 2, "the probe counts both")


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
