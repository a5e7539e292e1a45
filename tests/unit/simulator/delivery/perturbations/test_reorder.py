"""A delivery that is held back is overtaken by what fires within half of the bound."""

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.perturbations.reorder import Reorder
from stockstorm.simulator.delivery.routes import planned_deliveries
from stockstorm.simulator.model import Subscription
from stockstorm.simulator.seeds import Seeds
from tests.literal_shop import stock_event

SUBSCRIPTION = Subscription(11, "shopify", "inventory_levels/update", "http://a/", 0, 0)
ORIGINALS = [planned_deliveries(stock_event(n, version=n), [SUBSCRIPTION])[0] for n in range(1, 201)]


def test_a_held_delivery_waits_for_half_of_the_bound_to_all_of_it() -> None:
    reorder = Reorder("reorder.1", PerturbationConfig(kind="reorder", share=1, seconds=2), Seeds(3))
    holds = [each.due_ns - original.due_ns for original, each in zip(ORIGINALS, reorder(ORIGINALS), strict=True)]
    assert SECOND_NS <= min(holds) < max(holds) <= 2 * SECOND_NS


def test_later_versions_overtake_earlier_ones() -> None:
    reorder = Reorder("reorder.1", PerturbationConfig(kind="reorder", share=0.3, seconds=2), Seeds(3))
    by_due = sorted(reorder(ORIGINALS), key=lambda each: each.due_ns)
    versions = [each.event.level.version for each in by_due if each.event and each.event.level]
    assert len(versions) == 200
    assert versions != sorted(versions)
