"""Perturbations are found by name and applied one after the other."""

import msgspec

from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.delivery.perturbations import REGISTRY, build, compose, unperturbed
from stockstorm.simulator.delivery.routes import planned_deliveries
from stockstorm.simulator.model import Subscription
from stockstorm.simulator.seeds import Seeds
from tests.literal_shop import stock_event

SUBSCRIPTION = Subscription(11, "shopify", "inventory_levels/update", "http://a/", 0, 0)
ORIGINALS = [planned_deliveries(stock_event(n, version=n), [SUBSCRIPTION])[0] for n in range(1, 101)]
DELAY = PerturbationConfig(kind="delay", share=0.5, seconds=1)
DUPLICATE = PerturbationConfig(kind="duplicate", share=0.5, seconds=1)


def later(deliveries: list[Delivery]) -> list[Delivery]:
    return [msgspec.structs.replace(each, due_ns=each.due_ns + 10) for each in deliveries]


def twofold(deliveries: list[Delivery]) -> list[Delivery]:
    return [msgspec.structs.replace(each, due_ns=each.due_ns * 2) for each in deliveries]


def test_every_kind_that_a_scenario_may_name_is_registered() -> None:
    kinds = PerturbationConfig.model_json_schema()["properties"]["kind"]["enum"]
    assert set(REGISTRY) == set(kinds)


def test_no_perturbation_changes_nothing() -> None:
    assert build((), Seeds(1)) is unperturbed
    assert unperturbed(ORIGINALS) is ORIGINALS


def test_composed_perturbations_work_in_the_sequence_given() -> None:
    (delivery,) = compose([later, twofold])(ORIGINALS[:1])
    assert delivery.due_ns == (ORIGINALS[0].due_ns + 10) * 2


def test_two_of_a_kind_draw_different_numbers() -> None:
    both = [build((DELAY,), Seeds(1)), build((DELAY, DELAY), Seeds(1))]
    once, twice = (perturbation(ORIGINALS) for perturbation in both)
    marks = {each.perturbed for each in twice}
    assert marks == {(), ("delay",), ("delay", "delay")}
    assert {each.perturbed for each in once} == {(), ("delay",)}


def test_another_kind_beside_it_does_not_change_what_a_perturbation_does() -> None:
    alone = {each.webhook_id: each.due_ns for each in build((DELAY,), Seeds(1))(ORIGINALS)}
    beside = build((DUPLICATE, DELAY), Seeds(1))(ORIGINALS)
    assert {each.webhook_id: each.due_ns for each in beside if each.copy == 0} == alone
