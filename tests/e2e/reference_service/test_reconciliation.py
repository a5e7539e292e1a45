"""Reconciliation of a running service with a real PostgreSQL: what it heals, what it says, and what it leaves alone."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.reference_service.test_polling_and_flow import notification, rows_of
from tests.running import ROOT

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]
SHOP_ORDER: dict[str, Any] = {
    "id": "gid://shopify/Order/5001",
    "name": "#1",
    "updatedAt": "2026-11-24T10:00:00Z",
    "cancelledAt": None,
    "currencyCode": "GBP",
    "displayFinancialStatus": "PAID",
    "totalPriceSet": {"shopMoney": {"amount": "9.99"}},
    "refunds": [],
}


def command(service: Any, *arguments: str) -> tuple[int, str]:
    line = [sys.executable, "-m", "stockstorm.reference_service", *arguments]
    ended = subprocess.run(
        line, check=False, cwd=ROOT, env=service.environment, capture_output=True, text=True, timeout=60
    )
    return ended.returncode, ended.stdout + ended.stderr


def healed(service: Any) -> list[tuple[str, str, str, str, str]]:
    rows = service.probe("healed", service.worker_url)
    return sorted((row["kind"], row["source"], row["name"], row["was"], row["became"]) for row in rows)


def await_quiet(service: Any) -> None:
    """Waits until the pushes of the start are over: a push would repair what a test is about to break."""
    url = f"{service.worker_url}/probe/pending"
    for _ in range(5):
        service.wait_until(lambda: service.http.get(url).json() == {"pending": 0}, "nothing is pending")


def lose(service: Any, commerce: Any) -> None:
    """An order of each source, a change of stock and a listing that nobody tells the service of."""
    await_quiet(service)
    commerce.feeds["bazaar"].append(notification("bazaar-1", {"SKU-0001": 2}))
    commerce.shop_orders.append(SHOP_ORDER)
    commerce.stock[commerce.item("SKU-0002")] = 40
    commerce.listings["mercado"]["SKU-0003"] = 7


def test_what_was_never_sent_is_healed_by_the_command_and_told(
    make_service: Make, commerce: Any, database_url: str
) -> None:
    service = make_service(reconcile_grace_s="0.5")
    service.start_all()
    lose(service, commerce)
    code, said = command(service, "reconcile")
    assert code == 0, said
    service.wait_until(lambda: commerce.tokens() == ["bazaar:bazaar-1"], "the order is in the master")
    service.wait_until(lambda: commerce.listings["mercado"]["SKU-0001"] == 98, "the other channel is told")
    service.wait_until(lambda: commerce.listings["bazaar"]["SKU-0002"] == 40, "the changed level is listed")
    service.wait_until(lambda: commerce.listings["mercado"]["SKU-0003"] == 100, "the listing is repaired")
    assert healed(service) == [
        ("level", "shopify", "SKU-0002 at 7001", "100", "40"),
        ("listing", "mercado", "SKU-0003", "7", "100"),
        ("notification", "bazaar", "order.created of bazaar-1", "not applied", "applied"),
        ("shop_order", "shopify", "#1", "unknown", "of 2026-11-24T10:00:00Z"),
    ]
    assert "healed notification bazaar order.created of bazaar-1" in said
    assert rows_of(database_url, "SELECT order_id, financial_status FROM shop_order") == [(5001, "paid")]
    late = service.order("bazaar", "bazaar-1", "order.created", {"SKU-0001": 2})  # its webhook comes after all
    assert late.status_code == 200
    service.wait_until(lambda: all(row["state"] != "pending" for row in service.effects().values()), "it is settled")
    assert commerce.stock[commerce.item("SKU-0001")] == 98
    assert "healed" in (service.folder / "worker.log").read_text()


def test_a_period_heals_without_being_asked_and_a_sound_state_needs_no_healing(
    make_service: Make, commerce: Any
) -> None:
    service = make_service(reconcile_s="0.4")
    service.start_all()
    commerce.feeds["bazaar"].append(notification("bazaar-1", {"SKU-0001": 1}))
    service.wait_until(lambda: commerce.tokens() == ["bazaar:bazaar-1"], "the period has healed it")
    asked = service.http.post(f"{service.worker_url}/reconcile")
    assert asked.status_code == 202
    code, said = command(service, "reconcile")
    assert (code, len(healed(service))) == (0, 1), said
    assert "nothing had to be healed" in said


def test_a_notification_that_cannot_be_applied_when_it_is_read_is_applied_later(
    make_service: Make, commerce: Any
) -> None:
    service = make_service(architecture="webhook", reconcile_grace_s="0.5")
    service.start_all()
    commerce.feeds["bazaar"].append(notification("bazaar-1", {"SKU-0020": 1}))
    code, said = command(service, "reconcile")
    assert code == 0, said
    commerce.stock[commerce.item("SKU-0020")] = 5
    command(service, "reconcile")
    service.wait_until(lambda: commerce.tokens() == ["bazaar:bazaar-1"], "the queue of repairs has applied it")
