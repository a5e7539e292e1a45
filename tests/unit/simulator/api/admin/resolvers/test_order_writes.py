"""An app's own orders, cancellations, refunds and parcels: their effects on stock, webhooks and refusals."""

from typing import Any

import pytest

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import (
    EventFired,
    FollowUpVoid,
    OrderCancelled,
    OrderReturned,
    OrdersShown,
    OrderWritten,
    StockChanged,
)
from stockstorm.simulator.model import OrderKey, Product
from stockstorm.simulator.plan.items import PlannedPurchase
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.admin_calls import WALL, Admin
from tests.small_world import STOCK, available, buy, cancel, give_back, pay, product, sku, small_config

CREATE = """mutation Create($order: OrderCreateOrderInput!, $how: OrderCreateInputsInventoryBehavior) {
  orderCreate(order: $order, options: {inventoryBehaviour: $how}) {
    order { id name email tags sourceIdentifier displayFinancialStatus customer { displayName }
      lineItems(first: 5) { nodes { id sku quantity } } totalPriceSet { shopMoney { amount } } }
    userErrors { field message code } } }"""
CANCEL = """mutation Cancel($id: ID!, $restock: Boolean!, $refund: Boolean) {
  orderCancel(orderId: $id, reason: INVENTORY, restock: $restock, refund: $refund) {
    job { id done } orderCancelUserErrors { field code } userErrors { message } } }"""
REFUND = """mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id refundLineItems(first: 5) { nodes { quantity restockType } } } order { displayFinancialStatus }
    userErrors { field message } } }"""
FULFIL = """mutation Fulfil($given: FulfillmentInput!) { fulfillmentCreate(fulfillment: $given) {
    fulfillment { id name totalQuantity trackingInfo { number } order { displayFulfillmentStatus } }
    userErrors { field message } } }"""

NEWEST = "{ orders(first: 1) { nodes { id lineItems(first: 5) { nodes { id } } } } }"
LEVELS = """query Levels($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 5) { nodes {
  quantities(names: ["available", "committed", "on_hand"]) { name quantity } } } } }"""
NOBODYS = {"variantId": "gid://shopify/ProductVariant/1", "quantity": 1}


def variant_gid(place: int) -> str:
    return f"gid://shopify/ProductVariant/{product(place).variant_id}"


def order_input(*lines: tuple[int, int], **other: Any) -> dict[str, Any]:
    rows = [{"variantId": variant_gid(place), "quantity": quantity} for place, quantity in lines]
    return {"lineItems": rows, **other}


def create(
    admin: Admin, *lines: tuple[int, int], how: str = "DECREMENT_IGNORING_POLICY", **other: Any
) -> dict[str, Any]:
    payload: dict[str, Any] = admin.data(CREATE, order=order_input(*lines, **other), how=how)["orderCreate"]
    return payload


def bought() -> tuple[Admin, str, list[str]]:
    """A paid order of 2 and 1 units on the own store, with its id and those of its lines."""
    admin = Admin()
    admin.world.apply(buy(7, "online", (0, 2), (1, 1)), admin.now_ns)
    admin.world.apply(pay(7), admin.now_ns)
    (order,) = admin.data("{ orders(first: 1) { nodes { id lineItems(first: 5) { nodes { id } } } } }")["orders"][
        "nodes"
    ]
    return admin, order["id"], [line["id"] for line in order["lineItems"]["nodes"]]


def topics(admin: Admin) -> list[str]:
    return [event.topic for event in admin.reply.events]


def bodies(admin: Admin) -> None:
    """Every event can be delivered."""
    payloads = Payloads(admin.world.catalogue, admin.world.config.shop, WALL)
    assert all(payloads.body(event) for event in admin.reply.events)


def on_hand(world: World, place: int) -> int:
    level = world.level(product(place).inventory_item_id, product(place).location_id)
    assert level is not None
    return level.on_hand


# -- orderCreate ---------------------------------------------------------------------------------------------------


def test_an_order_takes_its_units_as_an_adjustment_does_and_no_physical_stock() -> None:
    admin = Admin()
    made = create(admin, (0, 2), financialStatus="PAID", tags=["vip"], email="a@example.com")
    assert (made["order"]["name"], made["order"]["displayFinancialStatus"], made["userErrors"]) == ("#1001", "PAID", [])
    (changed,) = admin.facts(StockChanged)
    assert (changed.sku, changed.delta, changed.cause, changed.order) == (sku(0), -2, "subject_adjust", -1)
    assert (available(admin.world, 0), on_hand(admin.world, 0)) == (STOCK - 2, STOCK)
    assert admin.world.physical(sku(0)) == STOCK
    (written,) = admin.facts(OrderWritten)
    assert (written.how, written.skus, written.quantities, written.order) == ("created", (sku(0),), (2,), -1)
    assert topics(admin) == ["orders/create", "orders/paid", "inventory_levels/update"]
    assert {fired.order for fired in admin.facts(EventFired)} == {-1}
    bodies(admin)
    found = admin.data('{ orders(first: 5, query: "tag:vip email:a@example.com") { nodes { name } } }')
    assert found["orders"]["nodes"] == [{"name": "#1001"}]
    assert admin.facts(OrdersShown) == []  # the history knows no such order


@pytest.mark.parametrize(
    ("how", "left", "refused"),
    [("BYPASS", STOCK, False), ("DECREMENT_IGNORING_POLICY", -2, False), ("DECREMENT_OBEYING_POLICY", STOCK, True)],
)
def test_stock_is_claimed_as_the_caller_says(how: str, left: int, refused: bool) -> None:
    admin = Admin()
    made = create(admin, (0, 7), (0, STOCK + 2 - 7), how=how)
    assert available(admin.world, 0) == left
    assert [error["code"] for error in made["userErrors"]] == (["INVENTORY_CLAIM_FAILED"] if refused else [])
    assert (made["order"] is None) == refused


@pytest.mark.parametrize(
    "given",
    [
        {"sourceIdentifier": "bazaar-1001"},
        {"name": "bazaar-1001"},
        {"tags": ["x", "bazaar-1001"]},
        {"poNumber": "bazaar:bazaar-1001"},
        {"customAttributes": [{"key": "ref", "value": "bazaar-1001"}]},
        {"note": "urn:channel-orders:bazaar:bazaar-1001"},
    ],
)
def test_what_names_a_marketplaces_order_is_the_reference(given: dict[str, Any]) -> None:
    admin = Admin()
    made = create(admin, (0, 1), **given)
    assert [fact.reference for fact in admin.facts(StockChanged)] == ["urn:channel-orders:bazaar:bazaar-1001"]
    admin.data(CANCEL, id=made["order"]["id"], restock=True)
    assert [fact.reference for fact in admin.facts(StockChanged)] == ["urn:channel-orders:bazaar:bazaar-1001:cancelled"]


@pytest.mark.parametrize("text", ["1001", "amazon-1001", "bazaar-", "online-1001", "see bazaar-1001"])
def test_other_texts_name_no_order(text: str) -> None:
    admin = Admin()
    create(admin, (0, 1), sourceIdentifier=text)
    assert [fact.reference for fact in admin.facts(StockChanged)] == [""]


def test_a_return_of_a_marketplaces_order_is_named_by_its_refund() -> None:
    admin = Admin()
    admin.world.apply(buy(3, "bazaar", (0, 2)), admin.now_ns)
    made = create(admin, (0, 2), sourceIdentifier="bazaar-1001")["order"]
    back = admin.world.apply(give_back(3, (0, 1)), admin.now_ns)
    (returned,) = [fact for fact in back.facts if isinstance(fact, OrderReturned)]
    line = {"lineItemId": made["lineItems"]["nodes"][0]["id"], "quantity": 1, "restockType": "RETURN"}
    admin.data(REFUND, key="k", input={"orderId": made["id"], "refundLineItems": [line]})
    token = f"urn:channel-orders:bazaar:bazaar-1001:returned:{returned.return_id}"
    assert [fact.reference for fact in admin.facts(StockChanged)] == [token]


def test_two_returns_of_a_marketplaces_order_are_named_by_their_refunds_in_turn() -> None:
    admin = Admin()
    admin.world.apply(buy(3, "bazaar", (0, 2)), admin.now_ns)
    made = create(admin, (0, 2), sourceIdentifier="bazaar-1001")["order"]
    backs = [admin.world.apply(give_back(3, (0, 1)), admin.now_ns) for _ in range(2)]
    ids = [fact.return_id for back in backs for fact in back.facts if isinstance(fact, OrderReturned)]
    line = {"lineItemId": made["lineItems"]["nodes"][0]["id"], "quantity": 1, "restockType": "RETURN"}
    for number, return_id in enumerate(ids):
        admin.data(REFUND, key=f"k{number}", input={"orderId": made["id"], "refundLineItems": [line]})
        token = f"urn:channel-orders:bazaar:bazaar-1001:returned:{return_id}"
        assert [fact.reference for fact in admin.facts(StockChanged)] == [token]


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"lineItems": []}, ["order", "lineItems"]),
        (order_input((0, 0)), ["order", "lineItems", "0", "quantity"]),
        ({"lineItems": [NOBODYS]}, ["order", "lineItems", "0", "variantId"]),
        (order_input((0, 1), note="x" * 5_001), ["order", "note"]),
        (order_input((0, 1), processedAt="2999-01-01T00:00:00Z"), ["order", "processedAt"]),
    ],
)
def test_a_bad_order_is_refused_and_changes_nothing(order: dict[str, Any], field: list[str]) -> None:
    admin = Admin()
    payload = admin.data(CREATE, order=order, how="BYPASS")["orderCreate"]
    assert (payload["order"], [error["field"] for error in payload["userErrors"]]) == (None, [field])
    assert (admin.called.outcome, admin.reply.events) == ("user_error", [])


@pytest.mark.parametrize(
    "order",
    [
        {"lineItems": [{"title": "Gift", "quantity": 1}]},
        order_input((0, 1), currency="USD"),
        order_input((0, 1), financialStatus="REFUNDED"),
        order_input((0, 1), discountCode={"freeShippingDiscountCode": {"code": "x"}}),
    ],
)
def test_what_is_not_played_is_not_taken_and_ignored(order: dict[str, Any]) -> None:
    admin = Admin()
    answer = admin.ask(CREATE, order=order, how="BYPASS")
    assert {error["extensions"]["code"] for error in answer["errors"]} <= {"NOT_PLAYED", "INVALID_VARIABLE"}
    assert admin.reply.events == []


def test_what_is_only_left_out_of_an_order_is_noted() -> None:
    admin = Admin()
    order = order_input((0, 1), sourceUrl="https://bazaar.example/1001")
    order["lineItems"][0]["properties"] = [{"name": "engraving", "value": "x"}]
    assert admin.data(CREATE, order=order, how="BYPASS")["orderCreate"]["userErrors"] == []
    assert admin.called.unplayed == (
        "field OrderCreateOrderInput.sourceUrl",
        "field OrderCreateLineItemInput.properties",
    )
    assert admin.problem(CREATE, order=order | {"closedAt": "2026-01-01T00:00:00Z"}, how="BYPASS")["message"]
    assert admin.reply.events == []


# -- orderCancel ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("restock", "refund"), [(True, True), (True, False), (False, True)])
def test_a_buyers_order_is_cancelled_as_by_the_shop(restock: bool, refund: bool) -> None:
    admin, order_id, _ = bought()
    payload = admin.data(CANCEL, id=order_id, restock=restock, refund=refund)["orderCancel"]
    assert (payload["orderCancelUserErrors"], payload["userErrors"]) == ([], [])
    (gone,) = admin.facts(OrderCancelled)
    assert (gone.order, gone.skus, gone.quantities) == ((7, (sku(0), sku(1)), (2, 1)) if restock else (7, (), ()))
    back = 2 if restock else 0
    assert available(admin.world, 0) == admin.world.physical(sku(0)) == STOCK - 2 + back
    assert {(fact.cause, fact.order, fact.request) for fact in admin.facts(StockChanged)} == (
        {("cancellation", 7, admin.called.request)} if restock else set()
    )
    assert ("refunds/create" in topics(admin)) == refund
    assert "orders/cancelled" in topics(admin)
    bodies(admin)
    assert admin.data("query($id: ID!) { job(id: $id) { done } }", id=payload["job"]["id"]) == {"job": {"done": True}}
    later = admin.world.apply(cancel(7), admin.now_ns).facts
    assert [type(fact) for fact in later] == [FollowUpVoid]


def test_an_order_is_cancelled_once_and_not_after_it_was_shipped() -> None:
    admin, order_id, _ = bought()
    fulfil(admin, order_id)
    for wanted in ("INVALID", "NOT_FOUND"):
        payload = admin.data(CANCEL, id=order_id, restock=True)["orderCancel"]
        assert [error["code"] for error in payload["orderCancelUserErrors"]] == [wanted]
        assert (admin.called.outcome, admin.facts(OrderCancelled)) == ("user_error", [])
        order_id = "gid://shopify/Order/1"
    made = create(admin, (2, 1))["order"]
    assert admin.data(CANCEL, id=made["id"], restock=True)["orderCancel"]["userErrors"] == []
    assert available(admin.world, 2) == STOCK
    again = admin.data(CANCEL, id=made["id"], restock=True)["orderCancel"]
    assert len(again["orderCancelUserErrors"]) == 1
    assert available(admin.world, 2) == STOCK


# -- refundCreate --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "back"), [("RETURN", 1), ("CANCEL", 1), ("NO_RESTOCK", 0)])
def test_a_refund_puts_back_what_it_says(kind: str, back: int) -> None:
    admin, order_id, (line, _) = bought()
    given = {"orderId": order_id, "refundLineItems": [{"lineItemId": line, "quantity": 1, "restockType": kind}]}
    payload = admin.data(REFUND, key="k", input=given)["refundCreate"]
    assert payload["refund"]["refundLineItems"]["nodes"] == [{"quantity": 1, "restockType": kind}]
    assert payload["order"]["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    (fact,) = admin.facts(OrderReturned)
    assert (fact.order, fact.quantities, fact.restocked) == (7, (1,), bool(back))
    assert available(admin.world, 0) == admin.world.physical(sku(0)) == STOCK - 2 + back
    assert topics(admin)[:2] == ["refunds/create", "orders/updated"]
    bodies(admin)
    again = admin.data(REFUND, key="k", input=given)["refundCreate"]
    assert (again["refund"], admin.called.outcome) == (payload["refund"], "replayed")
    assert available(admin.world, 0) == STOCK - 2 + back
    other = admin.data(REFUND, key="k", input={**given, "note": "x"})["refundCreate"]
    assert len(other["userErrors"]) == 1
    second = admin.data(REFUND, key="l", input=given)["refundCreate"]
    assert second["refund"]["id"] != payload["refund"]["id"]
    found = admin.data(
        "query($id: ID!) { node(id: $id) { ... on Refund { order { id } } } }", id=second["refund"]["id"]
    )
    assert found["node"]["order"]["id"] == order_id


def test_a_refund_beyond_what_was_bought_or_paid_is_refused() -> None:
    admin, order_id, (line, _) = bought()
    rows = [{"lineItemId": line, "quantity": 3, "restockType": "RETURN"}]
    payload = admin.data(REFUND, key="a", input={"orderId": order_id, "refundLineItems": rows})["refundCreate"]
    assert [error["field"] for error in payload["userErrors"]] == [["refundLineItems", "0", "quantity"]]
    rows[0]["quantity"] = 1
    money = [{"amount": "9000", "gateway": "x", "kind": "REFUND", "orderId": order_id}]
    given = {"orderId": order_id, "refundLineItems": rows, "transactions": money}
    paid = (2 * product(0).price_minor + product(1).price_minor + 495) / 100
    assert admin.data(REFUND, key="b", input=given)["refundCreate"]["userErrors"] == [
        {"field": None, "message": f"Refund amount £9000.00 is greater than net payment received £{paid:.2f}"}
    ]
    assert available(admin.world, 0) == STOCK - 2


def test_a_refund_needs_a_key_where_the_version_does() -> None:
    admin, order_id, (line, _) = bought()
    given = {"orderId": order_id, "refundLineItems": [{"lineItemId": line, "quantity": 1}]}
    plain = REFUND.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    assert admin.problem(plain, input=given)["extensions"]["code"] == "BAD_REQUEST"


# -- fulfillmentCreate ---------------------------------------------------------------------------------------------


def fulfil(admin: Admin, order_id: str, **units: int) -> dict[str, Any]:
    work = order_id.replace("/Order/", "/FulfillmentOrder/")
    rows = [{"id": f"gid://shopify/FulfillmentOrderLineItem/{line}", "quantity": n} for line, n in units.items()]
    group = {"fulfillmentOrderId": work} | ({"fulfillmentOrderLineItems": rows} if rows else {})
    given = {"lineItemsByFulfillmentOrder": [group], "trackingInfo": {"number": "Z1"}}
    payload: dict[str, Any] = admin.data(FULFIL, given=given)["fulfillmentCreate"]
    return payload


def test_parcels_leave_the_shelf_and_never_hold_more_than_is_due() -> None:
    admin, order_id, (line, _) = bought()
    number = line.rpartition("/")[2]
    first = fulfil(admin, order_id, **{number: 1})["fulfillment"]
    assert (first["totalQuantity"], first["trackingInfo"]) == (1, [{"number": "Z1"}])
    assert first["order"]["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    assert topics(admin) == ["fulfillments/create", "orders/partially_fulfilled", "orders/updated"]
    bodies(admin)
    assert (available(admin.world, 0), on_hand(admin.world, 0)) == (STOCK - 2, STOCK - 1)
    assert fulfil(admin, order_id, **{number: 2})["userErrors"] != []
    assert fulfil(admin, order_id)["fulfillment"]["order"]["displayFulfillmentStatus"] == "FULFILLED"
    assert topics(admin)[1] == "orders/fulfilled"
    assert fulfil(admin, order_id)["userErrors"] != []
    assert on_hand(admin.world, 0) == STOCK - 2
    found = admin.data("query($id: ID!) { fulfillment(id: $id) { name } }", id=first["id"])
    assert found == {"fulfillment": {"name": "#1001.1"}}
    assert admin.data('{ ordersCount(query: "fulfillment_status:fulfilled") { count } }')["ordersCount"]["count"] == 1


@pytest.mark.parametrize("first", ["pay", "ship"])
def test_an_order_is_closed_once_it_is_paid_and_shipped_as_recorded(first: str) -> None:
    admin = Admin()
    admin.world.apply(buy(7, "online", (0, 1)), admin.now_ns)
    order_id = admin.data("{ orders(first: 1) { nodes { id } } }")["orders"]["nodes"][0]["id"]
    ask = "query($id: ID!) { order(id: $id) { closed closedAt cancelledAt } }"
    for step in ("pay", "ship") if first == "pay" else ("ship", "pay"):
        assert admin.data(ask, id=order_id)["order"] == {"closed": False, "closedAt": None, "cancelledAt": None}
        if step == "ship":
            assert fulfil(admin, order_id)["userErrors"] == []
        else:
            admin.world.apply(pay(7), admin.now_ns)
    found = admin.data(ask, id=order_id)["order"]
    assert (found["closed"], found["closedAt"] is None, found["cancelledAt"]) == (True, False, None)
    count = "query($q: String) { ordersCount(query: $q) { count } }"
    counts = {q: admin.data(count, q=f"status:{q}")["ordersCount"]["count"] for q in ("open", "closed", "cancelled")}
    assert counts == {"open": 0, "closed": 1, "cancelled": 0}


def test_shipped_units_that_come_back_are_on_the_shelf_again() -> None:
    admin, order_id, (line, _) = bought()
    fulfil(admin, order_id)
    rows = [{"lineItemId": line, "quantity": 2, "restockType": "RETURN"}]
    admin.data(REFUND, key="k", input={"orderId": order_id, "refundLineItems": rows})
    assert available(admin.world, 0) == on_hand(admin.world, 0) == STOCK


# -- several locations ---------------------------------------------------------------------------------------------


def spread() -> tuple[Admin, str, str, Product]:
    """An order of all units of an item, which two locations hold, with its id and that of its line."""
    config = small_config()
    shop = config.shop.model_copy(update={"locations": 3, "stocked_at": 2})
    config = config.model_copy(update={"shop": shop})
    catalogue = make_catalogue(config, Seeds(3))
    admin = Admin(World(config, catalogue, Seeds(3)))
    item = catalogue.products[1]
    lines = ((item.sku, item.initial_available),)
    admin.world.apply(PlannedPurchase(0, 1, OrderKey(7), "online", 0, lines), admin.now_ns)
    (order,) = admin.data("{ orders(first: 1) { nodes { id lineItems(first: 5) { nodes { id } } } } }")["orders"][
        "nodes"
    ]
    return admin, order["id"], order["lineItems"]["nodes"][0]["id"], item


def quantities(admin: Admin, item: Product) -> dict[str, list[int]]:
    """Available, committed and on hand at each location."""
    asked = admin.data(LEVELS, id=f"gid://shopify/InventoryItem/{item.inventory_item_id}")
    rows = [row["quantities"] for row in asked["inventoryItem"]["inventoryLevels"]["nodes"]]
    return {name: [row[n]["quantity"] for row in rows] for n, name in enumerate(("available", "committed", "on_hand"))}


def test_units_come_back_to_where_they_were_drawn_from() -> None:
    admin, order_id, line, item = spread()
    before = quantities(admin, item)
    assert (before["available"], len(before["committed"])) == ([0, 0], 2)
    rows = [{"lineItemId": line, "quantity": 3, "restockType": "RETURN"}]
    admin.data(REFUND, key="k", input={"orderId": order_id, "refundLineItems": rows})
    admin.world.apply(cancel(7), admin.now_ns)
    after = quantities(admin, item)
    assert after == {"available": before["committed"], "committed": [0, 0], "on_hand": before["on_hand"]}
    assert sum(after["available"]) == admin.world.physical(item.sku) == item.initial_available


def test_a_parcel_leaves_the_locations_that_its_units_were_drawn_from() -> None:
    admin, order_id, _, item = spread()
    fulfil(admin, order_id)
    assert quantities(admin, item) == {"available": [0, 0], "committed": [0, 0], "on_hand": [0, 0]}


def test_a_refund_to_another_location_is_not_played() -> None:
    admin, order_id, line, _ = spread()
    rows = [{"lineItemId": line, "quantity": 1, "restockType": "RETURN", "locationId": "gid://shopify/Location/1"}]
    answer = admin.ask(REFUND, key="k", input={"orderId": order_id, "refundLineItems": rows})
    assert answer["errors"][0]["extensions"]["code"] == "NOT_PLAYED"
