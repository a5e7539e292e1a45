"""The generator's CPU time per delivery: plan, payload, signature, head and outcome, best of five rounds."""

import time
from collections.abc import Sequence

import pytest

from stockstorm.simulator.delivery.attempts import Answer
from stockstorm.simulator.model import Event, Topic
from tests.delivery_service import DeliverySetup, config
from tests.literal_shop import AT_NS, order_event, stock_event

OK = Answer(AT_NS, AT_NS, AT_NS, AT_NS, AT_NS, status=200)
ROUND = 1_000


def cost_us(setup: DeliverySetup, events: Sequence[Event]) -> float:
    """CPU microseconds per event with one subscription, from `fire` to the end of `answered`."""
    deliveries = setup.deliveries
    began_ns = time.process_time_ns()
    for event in events:
        (outgoing,) = deliveries.fire((event,), AT_NS).attempts
        deliveries.answered(outgoing, OK)
    return (time.process_time_ns() - began_ns) / len(events) / 1_000


@pytest.mark.parametrize(
    ("topic", "bound_us"), [("inventory_levels/update", 35), ("orders/create", 120)], ids=["stock", "order"]
)
def test_an_event_with_one_subscription_stays_within_its_budget(topic: Topic, bound_us: float) -> None:
    setup = DeliverySetup(config())
    setup.subscribe(topic)
    stock = topic == "inventory_levels/update"
    events = [stock_event(n, available=n) if stock else order_event(topic, serial=n) for n in range(ROUND)]
    best_us = min(cost_us(setup, events) for _ in range(5))
    assert best_us < bound_us, f"{topic}: {best_us:.1f} µs an event"
