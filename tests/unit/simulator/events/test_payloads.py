"""Every topic has a body, and re-serialising a body changes its bytes."""

import json

import msgspec
import pytest

from stockstorm.simulator.config import ShopConfig
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import MARKETPLACE_TOPICS, ORDER_TOPICS, SHOPIFY_TOPICS, Event, ShopifyTopic, Topic
from tests.literal_shop import CATALOGUE, ORDER, REFUND, WALL, order_event, product_event, stock_event

BAZAAR_ORDER = msgspec.structs.replace(ORDER, channel="bazaar", ref="bazaar-1008")
EVENTS: dict[Topic, Event] = {
    "inventory_levels/update": stock_event(),
    "products/update": product_event(),
    "refunds/create": order_event("refunds/create", refund=REFUND),
    **{topic: order_event(topic) for topic in ORDER_TOPICS},
    **{topic: order_event(topic, BAZAAR_ORDER) for topic in MARKETPLACE_TOPICS},
}


def payloads() -> Payloads:
    return Payloads(CATALOGUE, ShopConfig(), WALL)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_every_topic_has_a_json_body_that_is_the_same_each_time(event: Event) -> None:
    bodies = payloads()
    body = bodies.body(event)
    assert isinstance(json.loads(body), dict)
    assert bodies.body(event) == body == payloads().body(event)


@pytest.mark.parametrize("topic", SHOPIFY_TOPICS)
def test_re_serialising_a_shopify_body_gives_other_bytes(topic: ShopifyTopic) -> None:
    body = payloads().body(EVENTS[topic])
    value = json.loads(body)
    for ascii_only in (True, False):
        again = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")).encode()
        assert again != body


@pytest.mark.parametrize("topic", ["orders/create", "refunds/create", "products/update"])
def test_bodies_have_raw_letters_and_ruby_s_escapes(topic: ShopifyTopic) -> None:
    body = payloads().body(EVENTS[topic])
    assert "é".encode() in body
    assert rb"\u0026" in body
    assert rb"\/" in body
    assert b"&" not in body
    assert b"://" not in body


def test_orders_and_refunds_hold_numbers_with_trailing_zeros() -> None:
    bodies = payloads()
    assert b'"rate":0.20' in bodies.body(EVENTS["orders/create"])
    assert b'"subtotal":51.50' in bodies.body(EVENTS["refunds/create"])


def test_an_unknown_topic_and_a_missing_snapshot_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown topic carts/update"):
        payloads().body(msgspec.structs.replace(stock_event(), topic="carts/update"))
    for topic in ("orders/create", "refunds/create", "products/update", "order.created"):
        with pytest.raises(ValueError, match="has no"):
            payloads().body(msgspec.structs.replace(stock_event(), topic=topic))
