"""Delays are spread evenly from nothing to the bound."""

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.perturbations.delay import Delay
from stockstorm.simulator.delivery.routes import planned_deliveries
from stockstorm.simulator.model import Subscription
from stockstorm.simulator.seeds import Seeds
from tests.literal_shop import stock_event

SUBSCRIPTION = Subscription(11, "shopify", "inventory_levels/update", "http://a/", 0, 0)
ORIGINALS = [planned_deliveries(stock_event(n, version=n), [SUBSCRIPTION])[0] for n in range(1, 401)]


def test_every_delay_up_to_the_bound_occurs() -> None:
    delay = Delay("delay.1", PerturbationConfig(kind="delay", share=1, seconds=4), Seeds(3))
    lags = [each.due_ns - original.due_ns for original, each in zip(ORIGINALS, delay(ORIGINALS), strict=True)]
    quarters = [sum(n * SECOND_NS <= lag < (n + 1) * SECOND_NS for lag in lags) for n in range(4)]
    assert sum(quarters) == 400
    assert min(quarters) > 60


def test_those_that_are_spared_are_untouched() -> None:
    delay = Delay("delay.1", PerturbationConfig(kind="delay", share=0.25, seconds=4), Seeds(3))
    result = delay(ORIGINALS)
    spared = [original for original, each in zip(ORIGINALS, result, strict=True) if each is original]
    assert 250 < len(spared) < 350
