"""The bytes of one event per topic, compared with stored files, because a receiver's signature check covers every byte.

To regenerate after an intended change: STOCKSTORM_WRITE_GOLDEN=1 python -m pytest tests/golden/test_payload_bytes.py
"""

import os
from pathlib import Path

import msgspec
import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ShopConfig
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import MARKETPLACE_TOPICS, SHOPIFY_TOPICS, Event
from tests.literal_shop import AT_NS, CATALOGUE, ORDER, REFUND, WALL, order_event, product_event, stock_event

FOLDER = Path(__file__).parent / "payloads"
REGENERATE = "STOCKSTORM_WRITE_GOLDEN=1 python -m pytest tests/golden/test_payload_bytes.py"
LATER = AT_NS + 90 * SECOND_NS
PAID = msgspec.structs.replace(ORDER, paid_ns=LATER, updated_ns=LATER)
REFUNDED = msgspec.structs.replace(PAID, refunds=(REFUND,))
CANCELLED = msgspec.structs.replace(PAID, cancelled_ns=LATER)
SOLD_AT_BAZAAR = msgspec.structs.replace(ORDER, channel="bazaar", ref="bazaar-1008")
EVENTS = {
    "inventory_levels/update": stock_event(),
    "orders/create": order_event("orders/create"),
    "orders/paid": order_event("orders/paid", PAID),
    "orders/updated": order_event("orders/updated", REFUNDED),
    "orders/cancelled": order_event("orders/cancelled", CANCELLED),
    "refunds/create": order_event("refunds/create", REFUNDED, refund=REFUND),
    "products/update": product_event(),
    "order.created": order_event("order.created", SOLD_AT_BAZAAR),
    "order.cancelled": order_event("order.cancelled", SOLD_AT_BAZAAR),
    "order.returned": order_event("order.returned", SOLD_AT_BAZAAR, refund=REFUND),
}


@pytest.mark.parametrize(("topic", "event"), EVENTS.items(), ids=EVENTS.keys())
def test_the_bytes_of_each_topic_are_those_in_its_file(topic: str, event: Event) -> None:
    body = Payloads(CATALOGUE, ShopConfig(), WALL).body(event)
    path = FOLDER / f"{topic.replace('/', '_').replace('.', '_')}.json"
    if os.environ.get("STOCKSTORM_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
    kept = path.read_bytes() if path.exists() else b""
    assert body == kept, f"{path} differs; if the change is wanted: {REGENERATE}"


def test_every_topic_has_a_file() -> None:
    assert set(EVENTS) == {*SHOPIFY_TOPICS, *MARKETPLACE_TOPICS}
