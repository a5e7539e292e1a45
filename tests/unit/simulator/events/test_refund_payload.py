"""Refunds show returned lines, locations and transactions."""

import json
from typing import Any

import msgspec

from stockstorm.simulator.config import ShopConfig
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import Order, Refund
from stockstorm.simulator.shop.orders import cancelled
from tests.literal_shop import AT_NS, CATALOGUE, LOCATION, ORDER, REFUND, WALL, order_event

PAID = msgspec.structs.replace(ORDER, paid_ns=AT_NS, refunds=(REFUND,))


def shown(refund: Refund = REFUND, order: Order = PAID) -> Any:
    return json.loads(Payloads(CATALOGUE, ShopConfig(), WALL).body(order_event("refunds/create", order, refund=refund)))


def test_a_restocked_refund_names_the_location() -> None:
    refund = shown()
    assert (refund["id"], refund["order_id"], refund["restock"]) == (REFUND.refund_id, ORDER.order_id, True)
    line = refund["refund_line_items"][0]
    assert (line["line_item_id"], line["quantity"]) == (14_320_500_000_001, 2)
    assert (line["restock_type"], line["location_id"]) == ("return", LOCATION)
    assert refund["created_at"] == "2026-11-24T07:05:01-05:00"


def test_a_refund_without_restock_names_no_location() -> None:
    line = shown(msgspec.structs.replace(REFUND, restock=False))["refund_line_items"][0]
    assert (line["restock_type"], line["location_id"]) == ("no_restock", None)


def test_a_paid_order_is_refunded_in_one_transaction() -> None:
    refund = shown()
    assert [(each["kind"], each["amount"], each["currency"]) for each in refund["transactions"]] == [
        ("refund", "51.50", "GBP")
    ]
    assert (refund["refund_line_items"][0]["subtotal"], refund["refund_line_items"][0]["total_tax"]) == (51.5, 8.58)


def test_a_transaction_shows_money_as_captured_ones_do() -> None:
    (transaction,) = shown()["transactions"]
    nothing = {"amount": "0.0", "currency": "GBP"}
    assert transaction["total_unsettled_set"] == {"presentment_money": nothing, "shop_money": nothing}
    assert transaction["payment_details"]["credit_card_name"] == "Zoë Nuñez"
    assert transaction["payment_details"]["credit_card_number"].endswith("4242")
    assert transaction["payments_refund_attributes"]["status"] == "success"


def test_a_cancelled_order_s_refund_returns_the_shipping_too() -> None:
    gone = cancelled(msgspec.structs.replace(ORDER, paid_ns=AT_NS), AT_NS + 9)
    assert gone is not None
    assert gone.refund is not None
    refund = shown(gone.refund, gone.order)
    assert [line["restock_type"] for line in refund["refund_line_items"]] == ["cancel", "cancel"]
    assert [line["line_item"]["fulfillable_quantity"] for line in refund["refund_line_items"]] == [0, 0]
    (shipping,) = refund["refund_shipping_lines"]
    assert shipping["subtotal_amount_set"]["shop_money"]["amount"] == "4.95"
    assert refund["transactions"][0]["amount"] == "66.45"  # 61.50 for the lines


def test_an_unpaid_orders_refund_has_no_transaction() -> None:
    assert shown(order=msgspec.structs.replace(ORDER, refunds=(REFUND,)))["transactions"] == []
