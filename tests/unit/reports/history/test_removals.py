"""Subscriptions that Shopify removed: because of a planned fault or not, renewed or not, and what that excuses."""

import math

import pytest

from stockstorm.reports.checkers.delivery_success import DeliverySuccess
from stockstorm.reports.checkers.unheard import Unheard
from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.literal_history import SKU, delivered, ended, history, ns, opened, planned, query, tried

TOPIC = "inventory_levels/update"
FAULT = (f.FaultStarted(ns(900), "kill_receiver", "receiver"), f.FaultEnded(ns(3_000), "kill_receiver", "receiver"))


def subscribed(ms: float, number: int) -> f.SubscriptionCreated:
    return f.SubscriptionCreated(ns(ms), number, "shopify", TOPIC, "http://me/shop")


def given_up(*times_ms: float) -> tuple[f.AnyFact, ...]:
    """A delivery of the subscription 1 that fails at these times, so that the subscription is removed."""
    attempts = [tried(ms, 0, 0, 0, "connect_refused", nth=n) for n, ms in enumerate(times_ms, 1)]
    last = times_ms[-1]
    gone = f.SubscriptionRemoved(ns(last), 1, "shopify", TOPIC, by_policy=True)
    return planned(times_ms[0], 0, 0, TOPIC), *attempts, ended(last, 0, "given_up"), gone


def restocked(ms: float, event: int) -> tuple[f.AnyFact, ...]:
    stock = f.StockChanged(ns(ms), SKU, 2**53 + 1, 7, event, 1, 10 + event, "restock")
    fired = f.EventFired(ns(ms), event, f"event-{event}", "shopify", TOPIC, sku=SKU, version=event)
    return stock, fired, f.EventUnheard(ns(ms), event)


def run(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> History:
    return history(opened(), subscribed(0, 1), FAULT, *facts, f.RunEnded(ns(9_000), complete=True))


def test_a_removal_within_a_planned_fault_is_the_scenario_s() -> None:
    found = run(given_up(1_000, 1_500, 2_000), subscribed(5_000, 2), delivered(5_500, 9)).removals
    (removal,) = found.all
    assert (removal.planned, removal.topic, removal.again_ns) == (True, TOPIC, ns(5_000))
    assert found.given_up == {0}


@pytest.mark.parametrize("times_ms", [(500, 1_500, 2_000), (6_000, 6_500)])
def test_a_removal_with_a_failure_beside_the_fault_is_the_subject_s(times_ms: tuple[float, ...]) -> None:
    found = run(delivered(3_100, 9), given_up(*times_ms), subscribed(8_000, 2)).removals
    assert ([each.planned for each in found.all], found.given_up) == ([False], frozenset())


def test_the_time_to_a_new_subscription_counts_from_the_end_of_the_fault() -> None:
    found = DeliverySuccess()(run(given_up(1_000, 2_000), delivered(3_200, 9), subscribed(5_000, 2)))
    assert (found.verdict, found.measures["delivery_success_s.renewal"]) == ("valid", 2.0)
    assert "because of a planned fault: 1 given up, 1 subscription removed" in found.reason
    (incident,) = [one for one in found.incidents if one.kind == "subscription_removed"]
    assert "because of a planned fault, at 2.000 s, and created again at 5.000 s" in incident.text


def test_without_a_new_subscription_that_time_is_infinite() -> None:
    found = DeliverySuccess()(run(given_up(1_000, 2_000), delivered(3_200, 9)))
    assert math.isinf(found.measures["delivery_success_s.renewal"])


def test_what_fires_without_a_subscription_is_excused_if_it_is_renewed_and_the_event_learned_of() -> None:
    gap = (given_up(1_000, 2_000), delivered(3_200, 9), restocked(4_000, 1))
    renewed = Unheard()(run(*gap, subscribed(5_000, 2), query(6_000, 1, 1)))
    assert (renewed.verdict, renewed.measures["unheard.events"]) == ("valid", 0.0)
    assert Unheard()(run(*gap, query(6_000, 1, 1))).verdict == "unknown"
    assert Unheard()(run(*gap, subscribed(5_000, 2))).verdict == "invalid"


def test_a_removal_by_the_subject_s_own_fault_excuses_nothing() -> None:
    facts = (delivered(100, 9), given_up(200, 300), restocked(400, 1), subscribed(500, 2), query(600, 1, 1))
    ending = f.RunEnded(ns(9_000), complete=True)
    assert Unheard()(history(opened(), subscribed(0, 1), *facts, ending)).verdict == "unknown"
