"""Sums and status of orders follow payment, refunds and cancellation."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ShopConfig
from stockstorm.simulator.events import order_payload
from stockstorm.simulator.events.order_sums import financial_status
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import Fulfilment, Order, OrderEdit, OrderTopic, Refund, RefundLine
from tests.literal_shop import AT_NS, CATALOGUE, MUG, ORDER, REFUND, TEE, WALL, order_event

LATER = AT_NS + 30 * SECOND_NS
PAID = msgspec.structs.replace(ORDER, paid_ns=LATER, updated_ns=LATER)
REFUNDED = msgspec.structs.replace(PAID, refunds=(REFUND,))
TEE_BACK = Refund(931_800_000_008, LATER, (RefundLine(14_320_500_000_002, TEE.sku, 1),), restock=False)
ALL_BACK = msgspec.structs.replace(PAID, refunds=(REFUND, TEE_BACK))
CANCELLED = msgspec.structs.replace(ORDER, cancelled_ns=LATER, updated_ns=LATER)
CANCELLED_PAID = msgspec.structs.replace(CANCELLED, paid_ns=LATER)
DEARER = msgspec.structs.replace(ORDER, lines=tuple(msgspec.structs.replace(one, price_minor=1) for one in ORDER.lines))
OTHER = msgspec.structs.replace(ORDER, order_id=ORDER.order_id + 1)
UNPAID = [
    ORDER,
    DEARER,
    OTHER,
    msgspec.structs.replace(ORDER, updated_ns=LATER - 1),
    msgspec.structs.replace(ORDER, buyer=-1, origin="pos"),
    msgspec.structs.replace(ORDER, large_kb=3),
    msgspec.structs.replace(ORDER, fulfilments=(Fulfilment(9, LATER, ((ORDER.lines[0].line_id, 2),)),)),
    msgspec.structs.replace(ORDER, edits=(OrderEdit(8, LATER, (), ((ORDER.lines[0].line_id, 1),)),)),
    msgspec.structs.replace(ORDER, refunds=(REFUND,)),
    CANCELLED,
]


def shown(order: Order, topic: OrderTopic = "orders/updated") -> Any:
    return json.loads(Payloads(CATALOGUE, ShopConfig(), WALL).body(order_event(topic, order)))


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (ORDER, "pending"),
        (PAID, "paid"),
        (REFUNDED, "partially_refunded"),
        (ALL_BACK, "refunded"),
        (CANCELLED, "voided"),
        (CANCELLED_PAID, "paid"),
    ],
)
def test_the_financial_status_follows_payment_refunds_and_cancellation(order: Order, status: str) -> None:
    assert financial_status(order) == status


def test_a_new_order_owes_its_lines_and_shipping() -> None:
    order = shown(ORDER, "orders/create")
    assert order["id"] == 5_812_300_000_007
    assert (order["name"], order["number"], order["order_number"]) == ("#1008", 8, 1008)
    assert (order["subtotal_price"], order["total_price"], order["total_tax"]) == ("61.50", "66.45", "10.25")
    assert (order["current_total_price"], order["total_outstanding"]) == ("66.45", "66.45")
    assert order["total_weight"] == 2 * MUG.grams + TEE.grams
    assert order["created_at"] == order["updated_at"] == "2026-11-24T07:05:00-05:00"
    assert (order["cancelled_at"], order["cancel_reason"], order["refunds"]) == (None, None, [])


def test_a_line_shows_its_product_with_quantity_and_gross_price() -> None:
    line = shown(ORDER)["line_items"][0]
    assert (line["id"], line["sku"], line["title"]) == (14_320_500_000_001, MUG.sku, MUG.title)
    assert (line["quantity"], line["current_quantity"], line["price"]) == (2, 2, "25.75")
    assert line["tax_lines"][0]["price"] == "8.58"
    assert line["tax_lines"][0]["rate"] == 0.2


def test_a_paid_order_has_nothing_outstanding_and_a_new_update_time() -> None:
    order = shown(PAID, "orders/paid")
    assert (order["financial_status"], order["total_outstanding"]) == ("paid", "0.00")
    assert order["updated_at"] == "2026-11-24T07:05:30-05:00"


def test_a_refund_lowers_current_sums_but_not_original_sums() -> None:
    order = shown(REFUNDED)
    assert [line["current_quantity"] for line in order["line_items"]] == [0, 1]
    assert [line["quantity"] for line in order["line_items"]] == [2, 1]
    assert (order["subtotal_price"], order["current_subtotal_price"]) == ("61.50", "10.00")
    assert [refund["id"] for refund in order["refunds"]] == [REFUND.refund_id]


def test_a_cancelled_order_is_closed_and_its_current_sums_are_zero() -> None:
    order = shown(CANCELLED, "orders/cancelled")
    assert order["cancelled_at"] == order["closed_at"] == "2026-11-24T07:05:30-05:00"
    assert order["cancel_reason"] == "customer"
    assert order["current_total_price"] == "0.00"
    assert [line["current_quantity"] for line in order["line_items"]] == [0, 0]


@pytest.mark.parametrize("order", [ORDER, PAID, REFUNDED, ALL_BACK, CANCELLED, CANCELLED_PAID])
def test_the_status_mentions_refunds_if_and_only_if_the_order_has_some(order: Order) -> None:
    body = shown(order)
    assert ("refunded" in body["financial_status"]) == bool(body["refunds"])


def test_customer_and_both_addresses_show_the_buyer() -> None:
    order = shown(ORDER)
    assert order["customer"]["first_name"] == "Zoë"
    assert order["customer"]["default_address"]["customer_id"] == order["customer"]["id"]
    assert order["billing_address"] == order["shipping_address"]
    assert order["billing_address"]["city"] == "Łódź"
    assert order["email"] == order["contact_email"] == "zoe@example.org"


@given(st.lists(st.tuples(st.sampled_from(UNPAID), st.booleans()), max_size=12), st.integers(1, 2))
def test_a_body_depends_on_its_order_alone_and_not_on_bodies_made_before(
    orders: list[tuple[Order, bool]], remembered: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_payload, "REMEMBERED_MAX", remembered)
        payloads = Payloads(CATALOGUE, ShopConfig(), WALL)
        for nth, (unpaid, is_paid) in enumerate(orders):
            at_ns = LATER + nth * SECOND_NS
            order = msgspec.structs.replace(unpaid, paid_ns=at_ns, updated_ns=at_ns) if is_paid else unpaid
            event = order_event("orders/updated", order)
            assert payloads.body(event) == Payloads(CATALOGUE, ShopConfig(), WALL).body(event)
