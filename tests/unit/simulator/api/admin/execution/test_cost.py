"""Cost before and after a query, and the bucket that pays for it."""

import pytest
from graphql import OperationDefinitionNode, parse

from stockstorm.simulator.api.admin.execution.cost import (
    Bucket,
    ThrottleStatus,
    actual_cost,
    connection_factor,
    requested_cost,
)
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ShopPlan
from tests.admin_calls import ADJUST, Admin, adjustment, change
from tests.small_world import available, small_catalogue


def requested(query: str, **variables: object) -> int:
    (node,) = parse(query).definitions
    assert isinstance(node, OperationDefinitionNode)
    return requested_cost(admin_schema(), node, {}, variables)


@pytest.mark.parametrize(
    ("first", "cost"),
    [(0, 2), (1, 3), (2, 3), (3, 4), (5, 5), (10, 6), (20, 7), (50, 9), (100, 11), (200, 12), (250, 13)],
)
def test_a_single_connection_costs_as_recorded(first: int, cost: int) -> None:
    assert requested(f"{{ orders(first: {first}) {{ nodes {{ id }} }} }}") == cost
    assert requested("query Q($n: Int) { orders(last: $n) { edges { node { id } cursor } } }", n=first) == cost
    assert connection_factor(first) == cost - 2


THREE_MONEY_SETS = " ".join(
    f"{name} {{ shopMoney {{ amount }} presentmentMoney {{ amount currencyCode }} }}"
    for name in ("totalPriceSet", "totalRefundedSet", "subtotalPriceSet")
)


@pytest.mark.parametrize(
    ("selection", "cost"),
    [
        ("shop { name }", 1),
        ("shop { name plan { shopifyPlus } }", 2),
        ("currentAppInstallation { accessScopes { handle } }", 2),
        ("webhookSubscriptionsCount { count }", 10),
        ("__typename __schema { types { name } }", 0),
        ("orders(first: 10) { nodes { id } pageInfo { hasNextPage } }", 6),
        ("orders(first: 10) { nodes { totalPriceSet { shopMoney { amount } } } }", 6),
        (f"orders(first: 250) {{ nodes {{ {THREE_MONEY_SETS} }} }}", 13),
        ("webhookSubscriptions(first: 5) { nodes { id uri apiVersion { handle displayName supported } } }", 5),
        ('webhookSubscription(id: "a") { endpoint { ... on WebhookHttpEndpoint { callbackUrl } } }', 1),
        ("orders(first: 50) { nodes { lineItems(first: 10) { nodes { id } } } }", 2 + 7 * (1 + 6)),
        ('nodes(ids: ["a", "b", "c"]) { id ... on InventoryLevel { quantities(names: ["available"]) { id } } }', 2),
        ("orders(first: 5) { nodes { id } edges { node { id } } pageInfo { hasNextPage } }", 8),
        ("orders(first: 5) { pageInfo { hasNextPage } }", 2),
        (
            "orders(first: 5) { nodes { refunds(first: 5) { id } lineItems(first: 5) { nodes { variant { id } } } } }",
            32,
        ),
        ('node(id: "a") { ... on InventoryLevel { item { id } location { id } } ... on Order { id } }', 3),
        ("a: shop { id } b: shop { id }", 2),
        ("shop { id } shop { name }", 1),
    ],
)
def test_the_cost_of_a_selection_counts_its_objects(selection: str, cost: int) -> None:
    assert requested(f"{{ {selection} }}") == cost


def test_skipped_fields_are_free() -> None:
    query = "query Q($yes: Boolean!) { shop @skip(if: $yes) { id } currentAppInstallation @include(if: $yes) { id } }"
    assert requested(query, yes=True) == 1


FULL_GROUP = """mutation { inventorySetQuantities(input: {name: "available", reason: "correction", quantities: []})
@idempotent(key: "k") { inventoryAdjustmentGroup { id reason changes { name item { id } location { id } } }
userErrors { message } } }"""


def test_a_mutation_with_a_full_group_costs_13_as_recorded_and_10_if_it_only_fails() -> None:
    assert requested(FULL_GROUP) == 13
    (node,) = parse(FULL_GROUP).definitions
    assert isinstance(node, OperationDefinitionNode)
    failed = {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": [{"message": "no"}]}}
    assert actual_cost(admin_schema(), node, {}, {}, failed) == 10


def test_null_objects_cost_one_as_recorded() -> None:
    admin = Admin()
    query = """{ a: order(id: "gid://shopify/Order/1") { lineItems(first: 5) { nodes { id } } }
    b: location(id: "gid://shopify/Location/1") { id } }"""
    cost = admin.ask(query)["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (1 + 5 + 1, 2)


def test_the_actual_cost_counts_the_data_and_the_difference_is_refunded() -> None:
    admin = Admin()
    cost = admin.ask("{ locations(first: 250) { nodes { inventoryLevels(first: 250) { nodes { id } } } } }")[
        "extensions"
    ]["cost"]
    assert cost["requestedQueryCost"] == 2 + 11 * (1 + 13)
    first = small_catalogue().locations[0]
    here = sum(product.location_id == first for product in small_catalogue().products)
    assert cost["actualQueryCost"] == 2 + 1 * (1 + 2 + connection_factor(here))
    assert cost["throttleStatus"]["currentlyAvailable"] == 20_000 - cost["actualQueryCost"]


def test_the_history_records_the_cost_of_a_call() -> None:
    admin = Admin()
    admin.adjust("k", change(0, 1))
    assert admin.called.cost == 17


def test_a_query_above_1000_points_is_refused() -> None:
    admin = Admin()
    deep = "inventoryLevels(first: 250) { nodes { id } }"
    lines = f"lineItems(first: 250) {{ nodes {{ variant {{ id inventoryItem {{ id {deep} }} }} }} }}"
    answer = admin.ask(f"{{ orders(first: 250) {{ nodes {{ {lines} }} }} }}")
    assert "data" not in answer
    (problem,) = answer["errors"]
    assert problem["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert problem["extensions"]["cost"] > problem["extensions"]["maxCost"] == 1_000
    assert admin.reply.status == 200


@pytest.mark.parametrize(
    ("plan", "rate", "size"),
    [("standard", 100, 2_000), ("advanced", 200, 4_000), ("plus", 1_000, 20_000), ("enterprise", 2_000, 40_000)],
)
def test_each_plan_has_its_rate_and_bucket_size(plan: ShopPlan, rate: int, size: int) -> None:
    assert Bucket(plan).status() == ThrottleStatus(size, size, rate)


def test_the_bucket_refills_at_its_rate_up_to_its_size() -> None:
    bucket = Bucket("standard")
    assert bucket.take(1_500, 0)
    assert bucket.take(500, 0)
    assert not bucket.take(1, SECOND_NS // 1_000)
    assert bucket.take(100, SECOND_NS)
    assert bucket.take(0, 100 * SECOND_NS)
    assert bucket.status().currently_available == 2_000


def test_a_refused_call_is_free() -> None:
    bucket = Bucket("standard")
    assert bucket.take(1_990, 0)
    assert not bucket.take(11, 0)
    assert bucket.take(10, 0)


def test_a_refund_never_overfills_the_bucket() -> None:
    bucket = Bucket("standard")
    bucket.take(10, 0)
    bucket.refund(20)
    assert bucket.status().currently_available == 2_000


def test_a_throttled_call_is_http_200_without_data_and_changes_nothing() -> None:
    admin = Admin(plan="standard")
    admin.tick_ns = 0
    for n in range(2_000 // 17):
        assert admin.adjust(f"k{n}", change(0, 1))["userErrors"] == []
    spent = available(admin.world, 0)
    answer = admin.ask(ADJUST, key="last", input=adjustment(change(0, 1)))
    assert answer == {
        "errors": [
            {
                "message": "Throttled",
                "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
            }
        ],
        "extensions": {
            "cost": {
                "requestedQueryCost": 17,
                "actualQueryCost": None,
                "throttleStatus": {"maximumAvailable": 2_000, "currentlyAvailable": 2_000 % 17, "restoreRate": 100},
            }
        },
    }
    assert (admin.reply.status, admin.called.outcome) == (200, "throttled")
    assert (available(admin.world, 0), admin.reply.events) == (spent, [])


def test_a_throttled_call_is_admitted_a_second_later_with_the_same_key() -> None:
    admin = Admin(plan="standard")
    admin.tick_ns = 0
    while admin.ask(ADJUST, key="k", input=adjustment(change(0, 1))).get("data"):
        assert admin.called.outcome in ("ok", "replayed")
    admin.tick_ns = SECOND_NS
    assert admin.adjust("fresh", change(0, 1))["userErrors"] == []
