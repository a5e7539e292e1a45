"""Drafts: what is told of them, to whom, and that they change nothing else."""

import json
from typing import Any

import msgspec

from stockstorm.simulator.config import AppConfig, OrdersConfig, ShopConfig
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import Topic
from stockstorm.simulator.plan.rates import expected_events
from tests.admin_calls import Admin
from tests.literal_shop import CATALOGUE, ORDER, WALL, order_event
from tests.small_world import buy, small_config, small_world


def fields(text: str) -> list[str]:
    return text.split()


FIELDS = fields("""
id note email taxes_included currency invoice_sent_at created_at updated_at tax_exempt completed_at name
allow_discount_codes_in_checkout? b2b? status line_items api_client_id shipping_address billing_address invoice_url
created_on_api_version_handle applied_discount order_id shipping_line tax_lines tags note_attributes total_price
subtotal_price total_tax payment_terms admin_graphql_api_id customer
""")
LINE_FIELDS = fields("""
id variant_id product_id title variant_title sku vendor quantity requires_shipping taxable gift_card fulfillment_service
grams tax_lines applied_discount name properties custom price admin_graphql_api_id
""")
DRAFT = msgspec.structs.replace(ORDER, origin="draft")
SUBSCRIBE = """mutation S { webhookSubscriptionCreate(topic: DRAFT_ORDERS_CREATE,
  webhookSubscription: {uri: "https://example.com/w"}) { webhookSubscription { topic } userErrors { message } } }"""


def told(topic: Topic, app: AppConfig | None = None) -> Any:
    return json.loads(Payloads(CATALOGUE, ShopConfig(), WALL, app).body(order_event(topic, DRAFT)))


def test_a_draft_has_the_documented_fields_in_order() -> None:
    draft = told("draft_orders/create")
    assert list(draft) == FIELDS
    assert all(list(line) == LINE_FIELDS for line in draft["line_items"])
    assert list(draft["shipping_line"]) == ["title", "custom", "handle", "price"]


def test_the_first_event_shows_it_open_and_the_second_completed_with_its_order() -> None:
    opened, completed = told("draft_orders/create"), told("draft_orders/update")
    assert (opened["status"], opened["order_id"], opened["completed_at"]) == ("open", None, None)
    assert (completed["status"], completed["order_id"]) == ("completed", ORDER.order_id)
    assert opened["id"] == completed["id"] != ORDER.order_id


def test_its_lines_and_its_price_are_those_of_the_order() -> None:
    order, draft = told("orders/create"), told("draft_orders/create")
    assert [(line["sku"], line["quantity"], line["price"]) for line in draft["line_items"]] == [
        (line["sku"], line["quantity"], line["price"]) for line in order["line_items"]
    ]
    assert draft["line_items"][-1]["custom"] is True
    assert {name: draft[name] for name in ("total_price", "subtotal_price", "total_tax", "customer")} == {
        name: order[name] for name in ("total_price", "subtotal_price", "total_tax", "customer")
    }


def test_an_app_without_customer_data_does_not_see_whose_it_is() -> None:
    hidden = told("draft_orders/create", AppConfig(customer_data="orders"))
    assert (hidden["customer"], hidden["billing_address"], "email" in hidden) == (None, None, False)


def test_an_order_of_a_draft_is_told_of_before_and_after_its_creation() -> None:
    for origin, topics in (
        ("draft", ["draft_orders/create", "orders/create", "draft_orders/update"]),
        ("web", ["orders/create"]),
    ):
        made = small_world().apply(msgspec.structs.replace(buy(1, "online", (0, 1)), origin=origin), 5)
        assert [event.topic for event in made.events] == [*topics, "inventory_levels/update"]
        assert len({event.event_id for event in made.events}) == 1


def test_a_plan_counts_the_events_of_drafts() -> None:
    usual, drafts = (
        expected_events(small_config().model_copy(update={"orders": OrdersConfig(draft_share=share)}))
        for share in (0.0, 1.0)
    )
    assert drafts > usual


def test_an_app_can_subscribe_to_them() -> None:
    made = Admin(small_world()).data(SUBSCRIBE)["webhookSubscriptionCreate"]
    assert made == {"webhookSubscription": {"topic": "DRAFT_ORDERS_CREATE"}, "userErrors": []}
