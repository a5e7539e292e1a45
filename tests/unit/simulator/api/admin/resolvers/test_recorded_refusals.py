"""User errors in the words of recordings: stocking an item, cancelling an order, its parcels, editing an item."""

from typing import Any

import pytest

from tests.admin_calls import Admin, item_gid, location_gid
from tests.small_world import STOCK, buy, own_orders, pay, product, small_catalogue

ACTIVATE = """mutation($item: ID!, $place: ID!, $available: Int, $onHand: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: $available, onHand: $onHand)
    @idempotent(key: $key) {
    inventoryLevel { quantities(names: ["available"]) { quantity } } userErrors { field message } } }"""
CANCEL = """mutation($id: ID!, $refund: Boolean, $method: OrderCancelRefundMethodInput, $note: String) {
  orderCancel(orderId: $id, reason: OTHER, restock: true, refund: $refund, refundMethod: $method, staffNote: $note) {
    job { id } orderCancelUserErrors { field message code } userErrors { field message } } }"""
FULFIL = """mutation($given: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $given) { fulfillment { id } userErrors { field message } } }"""
EDIT = """mutation($id: ID!, $input: InventoryItemInput!) {
  inventoryItemUpdate(id: $id, input: $input) { inventoryItem { id } userErrors { field message } } }"""
UNSTOCKED = "The product couldn't be stocked at Warehouse 2 because "
SAME_TIME = f"{UNSTOCKED}not allowed to set available and on_hand quantities at the same time."
TOO_FAR = f"{UNSTOCKED}the quantity needs to be between -1 billion and 1 billion."


def elsewhere() -> str:
    """The location that does not stock the first product."""
    (number,) = [each for each in small_catalogue().locations if each != product(0).location_id]
    return f"gid://shopify/Location/{number}"


@pytest.mark.parametrize(
    ("units", "errors"),
    [
        ({"available": 1, "onHand": 2}, [(["available"], SAME_TIME), (["onHand"], SAME_TIME)]),
        ({"onHand": 1_000_000_001}, [(["onHand"], TOO_FAR)]),
        ({"available": -1_000_000_001}, [(["available"], TOO_FAR)]),
    ],
)
def test_units_with_which_an_item_cannot_be_stocked(units: dict[str, int], errors: list[Any]) -> None:
    admin = Admin()
    payload = admin.data(ACTIVATE, item=item_gid(0), place=elsewhere(), key="k", **units)["inventoryActivate"]
    assert [(each["field"], each["message"]) for each in payload["userErrors"]] == errors
    assert payload["inventoryLevel"] is None


@pytest.mark.parametrize(("name", "words"), [("available", "available quantity"), ("onHand", "an on_hand quantity")])
def test_an_item_that_is_stocked_already_shows_its_level_with_the_refusal(name: str, words: str) -> None:
    given = {"item": item_gid(0), "place": location_gid(0), "key": "k", name: 5}
    payload = Admin().data(ACTIVATE, **given)["inventoryActivate"]
    text = f"Not allowed to set {words} when the item is already active at the location."
    assert payload["userErrors"] == [{"field": [name], "message": text}]
    assert payload["inventoryLevel"] == {"quantities": [{"quantity": STOCK}]}


def ordered() -> tuple[Admin, str]:
    """A shop with a paid order, and the order's id."""
    admin = Admin()
    admin.world.apply(buy(1, "online", (0, 2)), admin.now_ns)
    admin.world.apply(pay(1), admin.now_ns)
    return admin, f"gid://shopify/Order/{own_orders(admin.world)[0].order_id}"


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"note": "x" * 256}, "staffNote", "Staff note is too long. Maximum length is 255 characters."),
        (
            {"refund": False, "method": {"originalPaymentMethodsRefund": True}},
            "refund",
            "Only one of the arguments `refund` or `refund_method` is allowed.",
        ),
    ],
)
def test_a_cancellation_that_is_not_clear_changes_nothing(given: dict[str, Any], field: str, message: str) -> None:
    admin, order = ordered()
    payload = admin.data(CANCEL, id=order, **given)["orderCancel"]
    assert payload["job"] is None
    assert payload["orderCancelUserErrors"] == [{"field": [field], "message": message, "code": "INVALID"}]
    assert payload["userErrors"] == [{"field": [field], "message": message}]
    assert admin.data(CANCEL, id=order, method={"originalPaymentMethodsRefund": True})["orderCancel"]["job"]


def test_a_fulfilment_order_that_is_done_or_too_small_says_so_of_the_fulfilment() -> None:
    admin, order = ordered()
    number = order.rpartition("/")[2]
    line = own_orders(admin.world)[0].lines[0].line_id
    whole = {"fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{number}"}
    part = {
        **whole,
        "fulfillmentOrderLineItems": [{"id": f"gid://shopify/FulfillmentOrderLineItem/{line}", "quantity": 3}],
    }
    wanted = [(part, "Invalid fulfillment order line item quantity requested."), (whole, None)]
    wanted += [(whole, f"Fulfillment order {number} has an unfulfillable status= closed.")]
    for group, message in wanted:
        payload = admin.data(FULFIL, given={"lineItemsByFulfillmentOrder": [group]})["fulfillmentCreate"]
        errors = [] if message is None else [{"field": ["fulfillment"], "message": message}]
        assert payload["userErrors"] == errors


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cost": "-5.00"}, "Cost must be greater than or equal to 0"),
        ({"countryCodeOfOrigin": "ZZ"}, "Country code of origin is invalid"),
        ({"harmonizedSystemCode": "12"}, "Harmonized system code must be a number between six and thirteen digits"),
    ],
)
def test_a_value_that_an_item_cannot_have(given: dict[str, str], message: str) -> None:
    payload = Admin().data(EDIT, id=item_gid(0), input=given)["inventoryItemUpdate"]
    (name,) = given
    assert payload == {"inventoryItem": None, "userErrors": [{"field": ["input", name], "message": message}]}
    assert Admin().data(EDIT, id=item_gid(0), input={"harmonizedSystemCode": "621710"})["inventoryItemUpdate"][
        "inventoryItem"
    ]
