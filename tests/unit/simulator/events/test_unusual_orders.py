"""Orders from a till and from drafts, and orders with something large attached."""

import json
from typing import Any

import msgspec
import pytest

from stockstorm.simulator.config import AppConfig, ShopConfig
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.events.unusual import attributes
from stockstorm.simulator.model import Order, OrderKey
from stockstorm.simulator.plan.items import PlannedPurchase, item_line
from stockstorm.simulator.world import World
from tests.admin_calls import Admin
from tests.literal_shop import AT_NS, CATALOGUE, ORDER, WALL, order_event
from tests.small_world import buy, sku, small_world

TILL = msgspec.structs.replace(ORDER, buyer=-1, origin="pos", paid_ns=AT_NS)
DRAFT = msgspec.structs.replace(ORDER, origin="draft")
LARGE = msgspec.structs.replace(ORDER, large_kb=1_100)


def raw(order: Order, app: AppConfig | None = None) -> bytes:
    return Payloads(CATALOGUE, ShopConfig(), WALL, app).body(order_event("orders/create", order))


def shown(order: Order, app: AppConfig | None = None) -> Any:
    return json.loads(raw(order, app))


def test_nobody_is_known_at_a_till_and_nothing_is_shipped() -> None:
    order = shown(TILL)
    for name in ("customer", "billing_address", "shipping_address", "email", "phone", "contact_email", "browser_ip"):
        assert order[name] is None, name
    assert (order["source_name"], order["shipping_lines"]) == ("pos", [])
    assert order["total_price"] == order["subtotal_price"] == "61.50"
    assert set(order) == set(shown(ORDER))


def test_an_app_without_customer_data_sees_no_difference_at_a_till() -> None:
    hidden = shown(TILL, AppConfig(customer_data="orders"))
    assert "email" not in hidden
    assert hidden["customer"] is None


def test_a_draft_has_a_line_that_is_no_product_and_costs_nothing() -> None:
    order = shown(DRAFT)
    *usual, own = order["line_items"]
    assert usual == shown(ORDER)["line_items"]
    assert {own[name] for name in ("sku", "variant_id", "product_id", "vendor", "variant_inventory_management")} == {
        None
    }
    assert (own["product_exists"], own["price"], own["quantity"], own["current_quantity"]) == (False, "0.00", 1, 1)
    assert list(own) == list(usual[0])
    assert (order["source_name"], order["checkout_token"]) == ("shopify_draft_order", None)
    assert order["total_price"] == shown(ORDER)["total_price"]


@pytest.mark.parametrize("kb", [1, 60, 1_100, 1_900])
def test_what_is_attached_has_the_size_that_was_asked_for(kb: int) -> None:
    body = raw(msgspec.structs.replace(ORDER, large_kb=kb))
    assert kb * 1_000 * 0.98 - 100 <= len(body) - len(raw(ORDER)) <= kb * 1_000 * 1.05
    rows = json.loads(body)["note_attributes"]
    assert [(row["name"], row["value"]) for row in rows] == list(attributes(kb))
    usual = json.loads(raw(ORDER))
    assert json.loads(body) | {"note_attributes": []} == usual


def test_a_usual_purchase_is_written_as_it_always_was() -> None:
    usual = PlannedPurchase(5, 6, OrderKey(7), "online", 8, ((sku(0), 1),))
    assert b"origin" not in item_line(usual)
    assert b'"origin":"pos"' in item_line(msgspec.structs.replace(usual, origin="pos"))


def sold(**unusual: Any) -> World:
    world = small_world()
    world.apply(msgspec.structs.replace(buy(0, "online", (0, 1)), **unusual), 50)
    return world


ORDERS = """{ orders(first: 1) { nodes { sourceName email customer { id } shippingAddress { city }
  customAttributes { key value } totalShippingPriceSet { shopMoney { amount } }
  fulfillmentOrders(first: 1) { nodes { lineItems(first: 5) { nodes { sku } } } }
  lineItems(first: 5) { nodes { sku variant { id } product { id } unfulfilledQuantity requiresShipping } } } } }"""


def test_the_admin_api_shows_the_same() -> None:
    (till,) = Admin(sold(origin="pos")).data(ORDERS)["orders"]["nodes"]
    assert (till["sourceName"], till["email"], till["customer"], till["shippingAddress"]) == ("pos", None, None, None)
    assert till["totalShippingPriceSet"]["shopMoney"]["amount"] == "0.00"
    (draft,) = Admin(sold(origin="draft")).data(ORDERS)["orders"]["nodes"]
    assert [line["sku"] for line in draft["lineItems"]["nodes"]] == [sku(0), None]
    assert draft["lineItems"]["nodes"][1] == {
        "sku": None, "variant": None, "product": None, "unfulfilledQuantity": 0, "requiresShipping": False
    }  # fmt: skip
    assert [line["sku"] for line in draft["fulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"]] == [sku(0)]
    (large,) = Admin(sold(large_kb=30)).data(ORDERS)["orders"]["nodes"]
    assert [(each["key"], each["value"]) for each in large["customAttributes"]] == list(attributes(30))
