"""Notifications of marketplaces, and their feed, which has the same bytes."""

import json

import msgspec
import pytest

from stockstorm.simulator.events.encoding import Times
from stockstorm.simulator.events.marketplace_payload import MarketplacePayload
from tests.literal_shop import MUG, ORDER, REFUND, TEE, WALL, order_event

ORDER_AT_BAZAAR = msgspec.structs.replace(ORDER, channel="bazaar", ref="bazaar-1008")


def payload() -> MarketplacePayload:
    return MarketplacePayload("GBP", Times(WALL))


def test_a_new_order_has_all_fields() -> None:
    assert json.loads(payload().body(order_event("order.created", ORDER_AT_BAZAAR))) == {
        "id": "event-2",
        "topic": "order.created",
        "channel": "bazaar",
        "occurred_at": "2026-11-24T12:05:00.877041748Z",
        "order": {
            "order_id": "bazaar-1008",
            "status": "open",
            "currency": "GBP",
            "placed_at": "2026-11-24T12:05:00.877041748Z",
            "lines": [
                {"sku": MUG.sku, "quantity": 2, "price": "25.75"},
                {"sku": TEE.sku, "quantity": 1, "price": "10.00"},
            ],
            "return": None,
        },
    }


def test_a_cancelled_order_keeps_its_lines() -> None:
    order = json.loads(payload().body(order_event("order.cancelled", ORDER_AT_BAZAAR)))["order"]
    assert (order["status"], len(order["lines"]), order["return"]) == ("cancelled", 2, None)


def test_a_return_lists_the_returned_lines() -> None:
    order = json.loads(payload().body(order_event("order.returned", ORDER_AT_BAZAAR, refund=REFUND)))["order"]
    assert order["status"] == "returned"
    assert order["return"] == {
        "return_id": str(REFUND.refund_id),
        "restock": True,
        "lines": [{"sku": MUG.sku, "quantity": 2}],
    }


def test_an_event_without_an_order_is_refused() -> None:
    with pytest.raises(ValueError, match="no order"):
        payload().body(msgspec.structs.replace(order_event("order.created"), order=None))
