"""The correct service as a whole: real processes, a real PostgreSQL, a small shop with two marketplaces."""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from stockstorm.reference_service import limits
from tests.fake_commerce import FakeCommerce

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]
ARCHITECTURE = "queue-postgres"


@pytest.fixture
def commerce(shared_commerce: FakeCommerce) -> FakeCommerce:
    shared_commerce.begin_test()
    return shared_commerce


@pytest.fixture
def service(shared_service: Any, commerce: FakeCommerce) -> Any:
    return shared_service


def test_a_channel_order_reaches_the_other_channel_and_the_master_once(service: Any, commerce: Any) -> None:
    assert commerce.listings["bazaar"]["SKU-0003"] == 100
    for _ in range(2):
        answer = service.order("bazaar", "bazaar-1", "order.created", {"SKU-0003": 2}, webhook_id="same")
        assert answer.status_code == 200
    assert service.order("bazaar", "bazaar-1", "order.created", {"SKU-0003": 2}, webhook_id="other").status_code == 200
    service.wait_until(lambda: commerce.listings["mercado"]["SKU-0003"] == 98, "the other channel shows less")
    service.wait_until(lambda: commerce.stock[commerce.item("SKU-0003")] == 98, "the master has the order")
    service.wait_until(lambda: service.effects()["other"]["state"] == "superseded", "the repeated order is superseded")
    assert service.effects()["same"] == {"webhook_id": "same", "state": "applied", "times": 1}
    assert commerce.tokens() == ["bazaar:bazaar-1"]


def test_it_subscribes_and_lists_all_items_before_it_is_ready(service: Any, commerce: Any) -> None:
    assert {"INVENTORY_LEVELS_UPDATE", "ORDERS_CREATE", "REFUNDS_CREATE"} <= set(commerce.topics)
    assert commerce.notified["mercado"] == f"{service.url}/webhooks/channels/mercado"
    assert all(len(commerce.listings[channel]) == 20 for channel in ("bazaar", "mercado"))


def test_a_cancellation_before_its_order_nets_to_zero(service: Any, commerce: Any) -> None:
    commerce.listings["bazaar"]["SKU-0004"] = 95  # what the channel shows after its sale
    service.order("bazaar", "bazaar-2", "order.cancelled", {"SKU-0004": 5})
    service.order("bazaar", "bazaar-2", "order.created", {"SKU-0004": 5})
    service.order("bazaar", "bazaar-3", "order.created", {"SKU-0005": 1})
    service.wait_until(lambda: commerce.tokens() == ["bazaar:bazaar-3"], "only the other order is written")
    assert commerce.stock[commerce.item("SKU-0004")] == 100
    service.wait_until(lambda: commerce.listings["bazaar"]["SKU-0004"] == 100, "the channel shows the units again")


def test_a_cancellation_and_a_restocked_return_each_add_units_once(service: Any, commerce: Any) -> None:
    returned = {"return_id": "r1", "restock": True, "lines": [{"sku": "SKU-0006", "quantity": 1}]}
    service.order("bazaar", "bazaar-4", "order.created", {"SKU-0006": 3})
    service.order("mercado", "mercado-1", "order.created", {"SKU-0006": 3})
    service.wait_until(lambda: len(commerce.tokens()) == 2, "both sales are written")
    for _ in range(2):
        service.order("bazaar", "bazaar-4", "order.returned", {"SKU-0006": 3}, returned=returned)
        service.order("mercado", "mercado-1", "order.cancelled", {"SKU-0006": 3})
    service.wait_until(lambda: len(commerce.tokens()) == 4, "cancellation and return are written")
    time.sleep(0.3)
    assert commerce.stock[commerce.item("SKU-0006")] == 98
    assert {"bazaar:bazaar-4:returned:r1", "mercado:mercado-1:cancelled"} <= set(commerce.tokens())


def test_an_older_stock_event_never_overwrites_a_newer_one(service: Any, commerce: Any) -> None:
    now = time.time_ns()
    service.stock_webhook("SKU-0007", 40, at_ns=now + 2_000)
    service.wait_until(lambda: commerce.listings["bazaar"]["SKU-0007"] == 40, "the newer event is shown")
    service.stock_webhook("SKU-0007", 90, at_ns=now + 1_000)
    service.stock_webhook("SKU-0008", 41)
    service.wait_until(lambda: commerce.listings["bazaar"]["SKU-0008"] == 41, "later events are processed")
    assert commerce.listings["bazaar"]["SKU-0007"] == 40


def test_the_shops_own_events_are_applied_in_any_order(service: Any) -> None:
    order = {"id": 5_001, "name": "#1", "financial_status": "paid", "updated_at": "2026-11-24T10:00:05+01:00"}
    service.webhook("orders/paid", order, webhook_id="paid")
    service.webhook("orders/create", {**order, "updated_at": "2026-11-24T10:00:01+01:00"}, webhook_id="create")
    service.webhook("refunds/create", {"id": 1, "order_id": 5_001, "refund_line_items": []}, webhook_id="refund")
    service.webhook("themes/publish", {"id": 2}, webhook_id="unknown")
    wanted = {"paid": "applied", "create": "superseded", "refund": "applied", "unknown": "superseded"}

    def states() -> dict[str, str]:
        return {name: effect["state"] for name, effect in service.effects().items() if name in wanted}

    service.wait_until(lambda: states() == wanted, "all are settled")
    assert {service.effects()[name]["times"] for name in wanted} <= {0, 1}


def test_a_poison_event_becomes_a_dead_letter_and_blocks_no_other(service: Any, commerce: Any) -> None:
    before = service.dead_letters()
    service.webhook("inventory_levels/update", {"inventory_item_id": "nonsense"}, webhook_id="poison")
    huge = {"inventory_item_id": 10**15, "location_id": 1, "available": 2**40, "updated_at": "2026-11-24T10:00:05Z"}
    service.webhook("inventory_levels/update", huge, webhook_id="overflow")
    service.stock_webhook("SKU-0009", 42)
    service.wait_until(lambda: commerce.listings["bazaar"]["SKU-0009"] == 42, "the event after them is applied")
    assert service.dead_letters() - before == {"poison", "overflow"}
    assert service.effects()["poison"]["state"] == "dead_lettered"


def test_a_redaction_deletes_the_dead_letters_that_name_the_customer(service: Any) -> None:
    for webhook_id, number in (("names-them", 8_123_456_789), ("another", 8_000_000_001)):
        service.webhook("orders/create", {"id": "nonsense", "customer": {"id": number}}, webhook_id=webhook_id)
    service.wait_until(lambda: {"names-them", "another"} <= service.dead_letters(), "both are dead letters")
    request = {"shop_id": 1, "customer": {"id": 8_123_456_789}, "orders_to_redact": []}
    service.webhook("customers/redact", request, webhook_id="redact")
    service.wait_until(lambda: "names-them" not in service.dead_letters(), "what names the customer is gone")
    assert "another" in service.dead_letters()
    assert service.effects()["redact"]["state"] == "applied"


def test_a_reference_that_no_index_can_hold_is_a_dead_letter_alone(service: Any, commerce: Any) -> None:
    too_long = random.Random(1).randbytes(5_000).hex()  # for an index of PostgreSQL
    service.order("bazaar", too_long, "order.created", {"SKU-0012": 1}, webhook_id="breaks")
    service.order("bazaar", "bazaar-7", "order.created", {"SKU-0013": 1})
    service.order("bazaar", "bazaar-8", "order.created", {"no such sku": 1}, webhook_id="unknown-sku")
    service.wait_until(lambda: commerce.tokens() == ["bazaar:bazaar-7"], "the order beside it is written")
    assert [service.effects()[name]["state"] for name in ("breaks", "unknown-sku")] == ["dead_lettered", "pending"]


def test_a_refused_push_is_repeated_with_the_newest_quantity(service: Any, commerce: Any) -> None:
    commerce.fails_push = 3
    service.stock_webhook("SKU-0010", 7)
    service.stock_webhook("SKU-0010", 6)
    for channel in ("bazaar", "mercado"):
        service.wait_until(lambda c=channel: commerce.listings[c]["SKU-0010"] == 6, f"{channel} is in step")
    assert commerce.fails_push == 0


def test_the_probe_shows_the_stock_and_the_metrics_are_served(service: Any) -> None:
    service.stock_webhook("SKU-0011", 77)
    service.wait_until(lambda: {"sku": "SKU-0011", "available": 77} in service.probe("stock"), "the probe shows it")
    assert len(service.probe("stock")) == 20
    text = service.http.get(f"{service.receiver_url}/metrics").text
    assert 'reference_webhooks_total{endpoint="shopify",status="200"}' in text
    assert "reference_events_total" in service.http.get(f"{service.worker_url}/metrics").text
    for url in (service.receiver_url, service.worker_url):
        lines = [line for line in service.http.get(f"{url}/metrics").text.splitlines() if not line.startswith("#")]
        statements = next(float(line.split()[1]) for line in lines if line.startswith("reference_statements_total"))
        assert statements > 0, url


def test_sigterm_ends_both_processes_cleanly_within_seconds(make_service: Make) -> None:
    service, begun = make_service(), time.monotonic()
    service.start_all()
    seconds_max = limits.SHUTDOWN_S + time.monotonic() - begun  # both are slower on a busy machine
    for name in ("receiver", "worker"):
        code, seconds = service.stop(name)
        assert (code, seconds < seconds_max) == (0, True)


def test_logs_contain_neither_secrets_nor_payloads(service: Any) -> None:
    service.webhook("inventory_levels/update", {"inventory_item_id": "private-payload"}, webhook_id="private")
    service.wait_until(lambda: "private" in service.dead_letters(), "the event is processed")
    text = "".join(path.read_text() for path in service.folder.glob("*.log"))
    assert "dead_letter" in text
    assert not any(word in text for word in ("shop-secret", "shpat_", "channel-secret", "private-payload"))
