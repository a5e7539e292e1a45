"""Scopes at the Admin API: what an app may not use is denied as recorded, field by field, and nothing else is."""

from typing import Any

import pytest
from graphql import is_object_type

from stockstorm.simulator.api.admin.base.access import element_of, may_use
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from stockstorm.simulator.config import ALL_SCOPES, AppConfig
from stockstorm.simulator.history.facts import OrdersShown, StockChanged
from stockstorm.simulator.shop.app import App
from tests.admin_calls import Admin, adjustment, change
from tests.small_world import buy

ORDERS = "{ orders(first: 2) { nodes { id name } } }"
SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: "https://example.com/h"}) {
    webhookSubscription { id } userErrors { field message }
  }
}"""
ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: "k") { userErrors { message } }
}"""
BOTH = "{ shop { name } orders(first: 1) { nodes { id } } inventoryItems(first: 1) { nodes { sku } } }"


def admin_with(*scopes: str, customer_data: Any = "all") -> Admin:
    admin = Admin()
    admin.world.app = App(AppConfig(scopes=scopes, customer_data=customer_data))
    admin.world.app.tokens.add("shpat_test")
    return admin


def test_the_default_scopes_allow_every_field_that_is_played() -> None:
    app = App(AppConfig())
    schema = admin_schema()
    denied = [
        f"{type_.name}.{name}"
        for type_ in schema.type_map.values()
        if is_object_type(type_) and not type_.name.startswith("__")
        for name, field in type_.fields.items()
        if not may_use(app, element_of(type_, field, name))
    ]
    assert denied == []
    assert app.scopes == ALL_SCOPES


def test_a_missing_scope_is_answered_with_the_recorded_body() -> None:
    answer = admin_with("read_inventory").ask(ORDERS)
    assert answer["data"] == {"orders": None}
    assert answer["errors"] == [
        {
            "message": "Access denied for orders field. Required access: `read_orders` access scope.",
            "locations": [{"line": 1, "column": 3}],
            "extensions": {
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": "`read_orders` access scope.",
            },
            "path": ["orders"],
        }
    ]


def test_a_call_with_the_scope_is_answered_as_before() -> None:
    assert admin_with("read_orders").data(ORDERS) == {"orders": {"nodes": []}}


def test_writing_implies_reading() -> None:
    assert admin_with("write_orders").data(ORDERS) == {"orders": {"nodes": []}}


def test_the_call_with_a_denied_field_is_an_error_in_the_history() -> None:
    admin = admin_with("read_inventory")
    admin.ask(ORDERS)
    assert (admin.called.outcome, admin.called.status) == ("error", 200)
    assert admin.called.errors == ("Access denied for orders field. Required access: `read_orders` access scope.",)


def test_a_mutation_without_its_scope_is_not_executed() -> None:
    admin = admin_with("read_inventory", "read_locations")
    answer = admin.ask(ADJUST, input=adjustment(change(0, -1)))
    assert answer["errors"][0]["extensions"]["requiredAccess"] == "`write_inventory` access scope."
    assert answer["errors"][0]["path"] == ["inventoryAdjustQuantities"]
    assert admin.facts(StockChanged) == []


def test_a_mutation_with_its_scope_is_executed() -> None:
    admin = admin_with("write_inventory")
    answer = admin.data(ADJUST, input=adjustment(change(0, -1)))
    assert answer == {"inventoryAdjustQuantities": {"userErrors": []}}
    assert len(admin.facts(StockChanged)) == 1


def test_only_the_denied_part_of_a_document_is_missing() -> None:
    admin = admin_with("read_inventory")
    answer = admin.ask(
        '{ shop { name } location(id: "gid://shopify/Location/9") { id } '
        'product(id: "gid://shopify/Product/1") { id } }'
    )
    assert [error["path"] for error in answer["errors"]] == [["product"]]
    assert answer["data"]["shop"] == {"name": "stockstorm-demo"}


def test_an_object_by_its_id_is_denied_and_not_shown() -> None:
    admin = admin_with("read_inventory")
    admin.world.apply(buy(1, "online", (0, 1)), admin.now_ns)
    order = admin.world.newest_order("online")
    assert order is not None
    gid = f"gid://shopify/Order/{order.order_id}"
    query = "query Nodes($ids: [ID!]!) { nodes(ids: $ids) { id } shop { name } }"
    answer = admin.ask(query, ids=[gid, gid])
    assert [error["path"] for error in answer["errors"]] == [["nodes", 0], ["nodes", 1]]
    assert answer["data"] == {"nodes": [None, None], "shop": {"name": "stockstorm-demo"}}
    assert admin.facts(OrdersShown) == []
    on_level = "query Nodes($ids: [ID!]!) { nodes(ids: $ids) { ... on InventoryLevel { id } } }"
    assert admin.ask(on_level, ids=[gid])["data"] == {"nodes": [None]}


def test_an_app_without_access_to_customer_data_may_not_read_orders() -> None:
    admin = admin_with("read_orders", customer_data="none")
    error = admin.problem(ORDERS)
    assert error["message"] == (
        "This app is not approved to access the Order object. "
        "See https://shopify.dev/docs/apps/launch/protected-customer-data for more details."
    )
    assert error["extensions"]["code"] == "ACCESS_DENIED"


def test_scopes_that_change_count_at_once() -> None:
    admin = admin_with("read_inventory")
    assert "errors" in admin.ask(ORDERS)
    admin.world.app.change_scopes(("read_orders",), 0)
    assert admin.data(ORDERS) == {"orders": {"nodes": []}}
    assert "errors" in admin.ask(
        BOTH.replace("inventoryItems(first: 1) { nodes { sku } }", "locations(first: 1) { nodes { name } }")
    )


@pytest.mark.parametrize(
    ("topic", "scopes", "good"),
    [
        ("INVENTORY_LEVELS_UPDATE", ("read_inventory",), True),
        ("INVENTORY_LEVELS_UPDATE", ("read_products",), False),
        ("ORDERS_CREATE", ("read_inventory",), False),
        ("ORDERS_CREATE", ("write_orders",), True),
        ("APP_UNINSTALLED", (), True),
    ],
)
def test_a_topic_needs_its_scope(topic: str, scopes: tuple[str, ...], good: bool) -> None:
    payload = admin_with(*scopes).data(SUBSCRIBE, topic=topic)["webhookSubscriptionCreate"]
    refusal = {
        "field": ["webhookSubscription", "topic"],
        "message": "You cannot create a webhook subscription with the specified topic",
    }
    assert payload["userErrors"] == ([] if good else [refusal])
    assert (payload["webhookSubscription"] is not None) is good


def test_the_installation_lists_the_scopes_of_the_app() -> None:
    admin = admin_with("read_inventory", "write_orders")
    found = admin.data("{ currentAppInstallation { accessScopes { handle } } }")["currentAppInstallation"]
    assert [scope["handle"] for scope in found["accessScopes"]] == ["read_inventory", "write_orders"]


def test_no_call_is_answered_after_the_app_was_uninstalled() -> None:
    admin = admin_with("read_orders")
    admin.world.app.uninstall(0)
    assert admin.ask(ORDERS) == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }
    assert admin.reply.status == 401
    admin.world.app.reinstall(0)
    assert admin.reply.status == 401  # it has no token yet
    admin.world.app.tokens.add("shpat_test")
    assert admin.data(ORDERS) == {"orders": {"nodes": []}}


def test_some_recorded_errors_do_not_name_the_scope() -> None:
    error = admin_with("read_orders").problem("{ locations(first: 1) { nodes { id } } }")
    assert error["message"] == "Access denied for locations field."
    assert "requiredAccess" not in error["extensions"]


def test_the_scope_for_old_orders_does_not_grant_orders() -> None:
    assert "errors" in admin_with("read_all_orders").ask(ORDERS)
