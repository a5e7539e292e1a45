"""One behaviour suite for every perturbation, alone and composed. A new one must pass it too."""

import msgspec
import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.delivery.perturbations import REGISTRY, Perturbation, build
from stockstorm.simulator.delivery.routes import planned_deliveries
from stockstorm.simulator.model import Subscription
from stockstorm.simulator.seeds import Seeds
from tests.literal_shop import order_event, stock_event

STOCK = Subscription(11, "shopify", "inventory_levels/update", "http://a/", 0, 0)
ORDERS = msgspec.structs.replace(STOCK, subscription_id=12, topic="orders/create")
DELIVERIES = [
    *(planned_deliveries(stock_event(n, version=n), [STOCK])[0] for n in range(1, 151)),
    *(planned_deliveries(order_event("orders/create", serial=500), [ORDERS])),
]
SECONDS = 3.0
MIXES = [(kind,) for kind in REGISTRY] + [
    ("duplicate", "reorder", "delay"),
    ("delay", "duplicate"),
    ("duplicate", "lost"),
    ("lost", "duplicate"),
]


def made(mix: tuple[str, ...], seed: int = 5, **settings: object) -> Perturbation:
    values = {"share": 0.5, "seconds": SECONDS, **settings}
    return build([PerturbationConfig.model_validate({"kind": kind, **values}) for kind in mix], Seeds(seed))


@pytest.fixture(params=MIXES, ids="+".join)
def mix(request: pytest.FixtureRequest) -> tuple[str, ...]:
    chosen: tuple[str, ...] = request.param
    return chosen


def key(delivery: Delivery) -> tuple[str, int]:
    return delivery.webhook_id, delivery.copy


def test_no_delivery_is_lost_and_each_has_its_own_id(mix: tuple[str, ...]) -> None:
    keys = [key(each) for each in made(mix)(DELIVERIES)]
    assert {key(each) for each in DELIVERIES} <= set(keys)
    assert len(set(keys)) == len(keys)


def test_nothing_falls_due_earlier_nor_later_than_the_bounds_together(mix: tuple[str, ...]) -> None:
    due = {each.webhook_id: each.due_ns for each in DELIVERIES}
    lags = [each.due_ns - due[each.webhook_id] for each in made(mix)(DELIVERIES)]
    assert min(lags) >= 0
    assert max(lags) <= len(mix) * SECONDS * SECOND_NS


def test_the_delivered_bytes_stay_the_same(mix: tuple[str, ...]) -> None:
    originals = {each.webhook_id: each for each in DELIVERIES}
    for each in made(mix)(DELIVERIES):
        original = originals[each.webhook_id]
        assert each.event is original.event
        assert (each.subscription_id, each.uri, each.topic) == (
            original.subscription_id,
            original.uri,
            original.topic,
        )


def test_a_changed_delivery_names_its_perturbations_and_no_other_does(mix: tuple[str, ...]) -> None:
    due = {each.webhook_id: each.due_ns for each in DELIVERIES}
    for each in made(mix)(DELIVERIES):
        touched = each.copy > 0 or each.due_ns != due[each.webhook_id] or "lost" in each.perturbed
        assert touched == bool(each.perturbed)
        assert set(each.perturbed) <= set(mix)


def test_one_seed_gives_one_result_and_another_seed_another(mix: tuple[str, ...]) -> None:
    assert made(mix)(DELIVERIES) == made(mix)(DELIVERIES)
    assert made(mix, seed=6)(DELIVERIES) != made(mix)(DELIVERIES)


def test_the_change_of_a_delivery_does_not_depend_on_the_others(mix: tuple[str, ...]) -> None:
    perturbation = made(mix)
    one_by_one = [each for delivery in reversed(DELIVERIES) for each in perturbation([delivery])]
    assert sorted(map(repr, one_by_one)) == sorted(map(repr, perturbation(DELIVERIES)))


def test_the_fate_does_not_depend_on_serial_or_subscription(mix: tuple[str, ...]) -> None:
    perturbation = made(mix)
    event = stock_event(1, version=7)
    elsewhere = msgspec.structs.replace(event, event=999, event_id="another run")
    other = msgspec.structs.replace(STOCK, subscription_id=99, uri="http://b/")
    first, second = (
        perturbation(planned_deliveries(event, [STOCK])),
        perturbation(planned_deliveries(elsewhere, [other])),
    )
    assert [(each.due_ns, each.copy, each.perturbed) for each in first] == [
        (each.due_ns, each.copy, each.perturbed) for each in second
    ]


def test_a_share_of_nothing_touches_nothing(mix: tuple[str, ...]) -> None:
    assert made(mix, share=0)(DELIVERIES) == DELIVERIES


def test_topics_that_were_not_named_are_left_alone(mix: tuple[str, ...]) -> None:
    result = made(mix, share=1, topics=("orders/create",))(DELIVERIES)
    assert [each for each in result if each.topic != "orders/create"] == DELIVERIES[:-1]
    assert any(each.perturbed for each in result if each.topic == "orders/create")


def test_forged_deliveries_are_left_alone(mix: tuple[str, ...]) -> None:
    forged = [msgspec.structs.replace(DELIVERIES[0], event=None, forged="unsigned")]
    assert made(mix, share=1)(forged) == forged


def test_an_empty_list_stays_empty(mix: tuple[str, ...]) -> None:
    assert made(mix)([]) == []


@pytest.mark.parametrize("mix", [("duplicate", "lost"), ("lost", "duplicate")])
def test_an_event_is_lost_as_a_whole(mix: tuple[str, ...]) -> None:
    fates: dict[str, set[bool]] = {}
    for each in made(mix)(DELIVERIES):
        fates.setdefault(each.webhook_id, set()).add("lost" in each.perturbed)
    assert {len(fate) for fate in fates.values()} == {1}
    assert 40 < sum(True in fate for fate in fates.values()) < 110
