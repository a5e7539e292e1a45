"""Both executors give the same answer to the same document on equal worlds."""

from typing import Any

import pytest
from graphql import is_object_type

from stockstorm.simulator.api.admin.base.call import AdminOptions, AdminState, Call
from stockstorm.simulator.api.admin.execution.documents import Document, Operation, run, run_in_full
from stockstorm.simulator.api.admin.execution.variables import coerce_variables
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema, resolvers_of
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.plan.items import AnyPlanItem
from stockstorm.simulator.world import World
from tests.admin_calls import ADJUST, SET, START_NS, WALL, adjustment, change, item_gid, location_gid, quantity, setting
from tests.small_world import buy, cancel, give_back, pay, product, small_world

VARIANT_ID = f"gid://shopify/ProductVariant/{product(0).variant_id}"
LEVEL_ID = f"gid://shopify/InventoryLevel/{product(0).level_id}?inventory_item_id={product(0).inventory_item_id}"
ORDERS = """query Orders($first: Int!, $query: String) {
  orders(first: $first, query: $query, sortKey: UPDATED_AT, reverse: true) {
  edges { cursor node { ...Whole } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
fragment Whole on Order { __typename id name updatedAt cancelledAt tags email note displayFinancialStatus
  totalPriceSet { shopMoney { ...Money } presentmentMoney { amount } } lineItems(first: 3) { nodes { ...Line } }
  refunds(first: 2) { id order { name }
    refundLineItems(first: 3) { edges { node { quantity location { name } lineItem { id } } } } } }
fragment Line on LineItem { id sku quantity variant { id inventoryItem { sku } } }
fragment Money on MoneyV2 { amount currencyCode }"""
NODES = """query Nodes($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Node { id }
  ... on InventoryLevel { updatedAt }
  ... on InventoryItem { sku inventoryLevels(first: 1) { nodes { id } } } ... on Location { name } } }"""
CASES = """query Nodes($ids: [ID!]!) { nodes(ids: $ids) { ... on InventoryItem { sku } ...Place } }
fragment Place on Location { name id }"""
CREATE = """mutation Hook {
  webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: "https://example.com/x"}) {
    webhookSubscription { id endpoint { __typename ... on WebhookHttpEndpoint { callbackUrl } } }
    userErrors { message } } }"""
MERGED = """{ shop { name } a: shop { id } shop { plan { shopifyPlus } ...P } }
fragment P on Shop { plan { displayName } name }"""
DEFAULTED = """query Q($n: [String!]! = ["available"]) {
  location { inventoryLevels(first: 4) { nodes { quantities(names: $n) { quantity } } } } }"""
MISNAMED = """{ inventoryItems(first: 2) { nodes { inventoryLevels(first: 1) { nodes {
  quantities(names: ["x"]) { id } } } } } }"""
COUNTED = """{ ordersCount { count }
  locations(last: 1) { nodes { inventoryLevels(first: 2) { nodes { item { sku } } } } } }"""
PRODUCTS = """query P($q: String) { products(first: 3, query: $q, sortKey: TITLE) {
  edges { cursor node { id tags totalInventory priceRangeV2 { minVariantPrice { amount } } options { name values }
    metafields(first: 2) { nodes { key value } } collections(first: 1) { nodes { title productsCount { count } } }
    variants(first: 2) { nodes { sku price barcode product { id } inventoryItem { unitCost { amount } measurement {
      weight { unit value } } } } } } } pageInfo { hasNextPage endCursor } } }"""
PEOPLE = """{ orders(first: 5) { nodes { customer { email numberOfOrders defaultAddress { formatted } }
  shippingAddress { city countryCodeV2 } transactions { id kind amountSet { shopMoney { amount } }
    parentTransaction { id } } fulfillments { id }
  fulfillmentOrders(first: 1) { nodes { id status lineItems(first: 2) { nodes { remainingQuantity } } assignedLocation {
    name location { id } } } } refunds { transactions(first: 1) { nodes { id } } } } } }"""
ORDERED = """mutation Create($order: OrderCreateOrderInput!) {
  orderCreate(order: $order, options: {inventoryBehaviour: DECREMENT_IGNORING_POLICY}) {
    order { id name tags customAttributes { key value } lineItems(first: 2) { nodes { sku product { title } } } }
    userErrors { field message code } } }"""
HALF_KEYED = """mutation M($i: InventoryAdjustQuantitiesInput!) {
  a: inventoryAdjustQuantities(input: $i) @idempotent(key: "1") { userErrors { code } }
  b: inventoryAdjustQuantities(input: $i) { userErrors { code } } }"""

LEAN: list[tuple[str, dict[str, Any]]] = [
    (ADJUST, {"key": "k", "input": adjustment(change(0, -1), change(1, 0), change(2, 4, 10))}),
    (ADJUST, {"key": "k", "input": adjustment(change(0, -1, 99), reason="none")}),
    (SET, {"key": "k", "input": setting(quantity(0, 3), quantity(1, 4))}),
    (ORDERS, {"first": 2}),
    (ORDERS, {"first": 0, "query": "-status:open OR tag:x"}),
    (ORDERS, {"first": 50, "query": "updated_at:>=2026-01-01"}),
    (NODES, {"ids": [item_gid(1), LEVEL_ID, location_gid(2), "gid://shopify/Order/1"]}),
    (CASES, {"ids": [item_gid(1), LEVEL_ID, location_gid(2), "gid://shopify/Order/1"]}),
    (CREATE, {}),
    (MERGED, {}),
    (
        COUNTED,
        {},
    ),
    (
        DEFAULTED,
        {},
    ),
    (PRODUCTS, {"q": "tag:sale -sku:HOT*"}),
    (PEOPLE, {}),
    (ORDERED, {"order": {"lineItems": [{"variantId": VARIANT_ID, "quantity": 2}], "tags": ["a"], "note": "x"}}),
    (ORDERED, {"order": {"lineItems": []}}),
]
FULL: list[tuple[str, dict[str, Any]]] = [
    ("query Q($yes: Boolean!) { shop { id name @skip(if: $yes) } }", {"yes": True}),
    ("{ shop { id } __schema { queryType { name } } }", {}),
    ("{ shop { id } orders { nodes { id } } }", {}),
    (
        MISNAMED,
        {},
    ),
    (ADJUST.replace("@idempotent(key: $key)", "").replace(", $key: String!", ""), {"input": adjustment(change(0, -1))}),
    (ADJUST.replace('"on_hand"', '"no_such"'), {"key": "k", "input": adjustment(change(0, -1))}),
    (
        HALF_KEYED,
        {"i": adjustment(change(0, -1))},
    ),
]


def world() -> World:
    made = small_world()
    made.opening(START_NS)
    past: list[AnyPlanItem] = [
        buy(0, "online", (0, 2), (1, 1)),
        pay(0),
        buy(1, "online", (2, 1)),
        give_back(0, (0, 1)),
        cancel(1),
        buy(2, "online", (3, 1)),
    ]
    for n, item in enumerate(past):
        made.apply(item, START_NS + n * SECOND_NS)
    return made


def prepared(query: str, variables: dict[str, Any], *, lean: bool) -> tuple[Any, Call, Operation]:
    """Data and problems, the call, and the operation, on a fresh world."""
    document = Document(admin_schema(), query)
    assert document.problems == []
    operation = document.select(None)
    assert operation is not None
    made = world()
    call = Call(made, WALL, AdminState(made.catalogue), AdminOptions(), request=3, now_ns=START_NS + 60 * SECOND_NS)
    coerced = coerce_variables(admin_schema(), operation.node, variables)
    assert not isinstance(coerced, list)
    if lean:
        result = run(document, operation, coerced, variables, call)
    else:
        result = run_in_full(document, operation, variables, call)
    return result, call, operation


def recorded(call: Call) -> tuple[Any, ...]:
    return call.facts, call.events, call.shown(), call.rows, call.outcome, call.warnings


@pytest.mark.parametrize(("query", "variables"), LEAN + FULL)
def test_both_executors_give_the_same_answer_facts_and_events(query: str, variables: dict[str, Any]) -> None:
    lean, lean_call, _ = prepared(query, variables, lean=True)
    full, full_call, _ = prepared(query, variables, lean=False)
    assert lean == full
    assert list(lean.data or ()) == list(full.data or ())
    assert recorded(lean_call) == recorded(full_call)


@pytest.mark.parametrize(("query", "variables"), LEAN)
def test_the_lean_executor_covers_its_documents_without_graphql_core(
    query: str, variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockstorm.simulator.api.admin.execution.documents.run_in_full", None)
    result, _, operation = prepared(query, variables, lean=True)
    assert operation.plan is not None
    assert result.problems == []


def test_a_mutation_with_an_error_in_its_answer_is_executed_once() -> None:
    query, variables = FULL[5]
    result, call, _ = prepared(query, variables, lean=True)
    changes = result.data["inventoryAdjustQuantities"]["inventoryAdjustmentGroup"]["changes"]
    assert [row["item"] for row in changes] == [None, None]
    assert ["no_such" in problem["message"] for problem in result.problems] == [True, True]
    assert len(call.events) == 1


def test_fields_of_the_schema_and_resolvers_correspond() -> None:
    for type_ in admin_schema().type_map.values():
        if is_object_type(type_) and not type_.name.startswith("__"):
            assert set(resolvers_of(type_.name)) == set(type_.fields), type_.name
