"""The architecture `webhook`: the answer is sent after the work and reports its result."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fake_commerce import FakeCommerce

pytestmark = pytest.mark.e2e
ARCHITECTURE = "webhook"


@pytest.fixture
def commerce(shared_commerce: FakeCommerce) -> FakeCommerce:
    shared_commerce.begin_test()
    return shared_commerce


@pytest.fixture
def service(shared_service: Any, commerce: FakeCommerce) -> Any:
    return shared_service


def test_the_channels_show_the_effect_when_the_webhook_is_answered(service: Any, commerce: Any) -> None:
    service.deliver(lambda: service.stock_webhook("SKU-0001", 41, webhook_id="one"))
    assert {name: shown["SKU-0001"] for name, shown in commerce.listings.items()} == {"bazaar": 41, "mercado": 41}
    assert service.effects()["one"] == {"webhook_id": "one", "state": "applied", "times": 1}


def test_the_master_has_the_order_when_the_webhook_is_answered(service: Any, commerce: Any) -> None:
    service.deliver(lambda: service.order("bazaar", "bazaar-1", "order.created", {"SKU-0002": 3}))
    assert commerce.tokens() == ["bazaar:bazaar-1"]
    assert commerce.listings["mercado"]["SKU-0002"] == 97


def test_a_cancellation_before_its_order_is_answered_at_once(service: Any, commerce: Any) -> None:
    for topic in ("order.cancelled", "order.created"):
        assert service.order("bazaar", "bazaar-9", topic, {"SKU-0005": 1}).status_code == 200
    assert (commerce.tokens(), commerce.stock[commerce.item("SKU-0005")]) == ([], 100)


def test_a_failed_push_refuses_the_webhook_and_is_repeated(service: Any, commerce: Any) -> None:
    commerce.fails_push, item = 1_000, commerce.item("SKU-0003")

    def send() -> Any:
        return service.stock_webhook("SKU-0003", commerce.stock[item], webhook_id=f"late-{commerce.stock[item]}")

    def is_refused_after_a_sale() -> bool:
        """A webhook during a reading of the level is accepted: the level is read again, and that reading counts."""
        commerce.stock[item] -= 1
        return bool(send().status_code == 503)

    service.wait_until(is_refused_after_a_sale, "a webhook is refused")
    commerce.fails_push, stock = 0, commerce.stock[item]
    service.wait_until(lambda: commerce.listings["mercado"]["SKU-0003"] == stock, "the push is repeated")
    assert send().status_code == 200
    assert service.effects()[f"late-{stock}"]["times"] == 1


def test_a_webhook_without_effect_is_answered_without_a_push(service: Any, commerce: Any) -> None:
    commerce.fails_push = 1_000
    assert service.webhook("carts/update", {"id": 1}).status_code == 200
    assert service.stock_webhook("SKU-0004", 100).status_code == 200  # unchanged


def test_a_webhook_that_cannot_be_applied_yet_is_refused_and_accepted_later(service: Any, commerce: Any) -> None:
    lines = {"SKU-9999": 1}
    assert service.order("bazaar", "bazaar-2", "order.created", lines, webhook_id="early").status_code == 503
    assert "early" not in service.effects()
    with commerce.lock:
        commerce.stock[commerce.item("SKU-9999")] = 100  # a new product, announced by its level's webhook
    service.stock_webhook("SKU-9999", 100)
    service.wait_until(
        lambda: service.order("bazaar", "bazaar-2", "order.created", lines, webhook_id="early").status_code == 200,
        "the order is accepted",
    )
    service.wait_until(lambda: commerce.listings["mercado"].get("SKU-9999") == 99, "the new product is listed")


def test_a_webhook_that_can_never_be_applied_is_a_dead_letter_at_once(service: Any) -> None:
    before = service.dead_letters()
    assert service.webhook("inventory_levels/update", {"inventory_item_id": "x"}, webhook_id="bad").status_code == 200
    breaks = service.order("bazaar", "with\0nothing", "order.created", {"SKU-0001": 1}, webhook_id="breaks")
    assert breaks.status_code == 200
    assert [service.effects()[name]["state"] for name in ("bad", "breaks")] == ["dead_lettered"] * 2
    assert service.dead_letters() - before == {"bad", "breaks"}


def test_concurrent_notifications_of_one_order_are_one_sale(service: Any, commerce: Any) -> None:
    def notify(number: int) -> None:
        order_id = f"mercado-{number % 4}"
        webhook_id = f"{order_id}.{number % 8}"  # each order has two webhook ids, each sent several times
        service.deliver(
            lambda: service.order("mercado", order_id, "order.created", {"SKU-0010": 2}, webhook_id=webhook_id)
        )

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(notify, range(64))) == [None] * 64
    service.wait_until(lambda: len(commerce.tokens()) == 4, "all are written")
    time.sleep(0.3)
    assert sorted(commerce.tokens()) == [f"mercado:mercado-{n}" for n in range(4)]
    assert commerce.stock[commerce.item("SKU-0010")] == 92
    assert {row["times"] for name, row in service.effects().items() if name.startswith("mercado-")} == {0, 1}
