"""Events that were never sent: healed by reading, or missed. They are never lost by the subject."""

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.event_classes import EventClasses
from stockstorm.reports.checkers.never_sent import NeverSent
from stockstorm.reports.checkers.nothing_lost import NothingLost
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.result import Check
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    at_rest,
    cancelled,
    delivered,
    ended,
    history,
    ns,
    opened,
    order_event,
    planned,
    recorded,
    rest,
    sold,
    stock_event,
    tried,
    version,
)

Facts = tuple[f.AnyFact, ...]
SHOWN = f.OrdersShown(ns(500), 1, "bazaar", (1,))


def unsent(ms: float, event: int, topic: str = "order.created") -> Facts:
    return (planned(ms, event, event, topic), ended(ms, event, "never_sent"))


def order(number: int) -> Facts:
    return (sold(number, number, "bazaar"), order_event(number, number, number, "bazaar"))


def judged(*facts: f.AnyFact | Facts) -> Check:
    return check_all(history(opened(), *facts, rest(9_000)), (NeverSent(),))[0]


def test_without_such_an_event_nothing_is_tested() -> None:
    found = judged(order(1), delivered(1, 1))
    assert (found.verdict, found.exposure) == ("not_exercised", {"events never sent": 0})


def test_an_order_that_was_never_sent_and_not_read_is_missed() -> None:
    found = judged(order(1), unsent(1, 1))
    assert (found.verdict, found.measures) == ("invalid", {"never_sent.events": 1, "never_sent.missed": 1})
    assert found.reason == "the subject did not learn of 1 of 1 event that was never sent"
    assert "was never sent, and no answer showed it to the subject after that" in found.incidents[0].text


def test_an_order_that_was_read_later_is_found_and_one_that_was_read_before_is_not() -> None:
    found = judged(order(1), unsent(1, 1), SHOWN, recorded(600, 1, -1, 9, "bazaar:1"))
    assert found.verdict == "valid"
    assert found.measures["never_sent.found_s.max"] == pytest.approx(0.499)
    gone = (cancelled(700, 1, "bazaar"), order_event(700, 2, 1, "bazaar", "order.cancelled"), *unsent(700, 2))
    before = judged(order(1), *delivered(1, 1), SHOWN, recorded(600, 1, -1, 9, "bazaar:1"), gone)
    assert (before.verdict, before.measures["never_sent.missed"]) == ("invalid", 1)


def test_an_order_and_its_cancellation_that_were_both_never_sent_change_nothing() -> None:
    gone = (cancelled(700, 1, "bazaar"), order_event(700, 2, 1, "bazaar", "order.cancelled"), *unsent(700, 2))
    found = judged(order(1), unsent(1, 1), gone)
    assert found.measures["never_sent.events"] == 2
    assert found.verdict == "valid"


def test_a_restock_is_missed_unless_an_answer_or_a_later_delivery_shows_it() -> None:
    restocked = (version(1, 1, 5, 15, "restock"), stock_event(1, 1, 1), *unsent(1, 1, "inventory_levels/update"))
    assert judged(restocked).verdict == "invalid"
    later = (version(50, 2, -1, 14), stock_event(50, 2, 2), *delivered(50, 2, "inventory_levels/update"))
    assert judged(restocked, later).verdict == "valid"
    assert judged(restocked, f.StockShown(ns(80), 1, ("MUG",), (1,))).verdict == "valid"


def test_a_sale_of_the_own_store_is_no_miss_while_the_listings_are_right() -> None:
    sale = (version(1, 1, -1, 9), stock_event(1, 1, 1), *unsent(1, 1, "inventory_levels/update"))
    assert judged(sale).verdict == "valid"
    assert (
        judged(sale, f.FinalStock(ns(8_000), "MUG", 9, 9, 1), f.FinalListing(ns(8_000), "bazaar", "MUG", 10)).verdict
        == "invalid"
    )


def test_it_is_never_called_lost_and_its_class_says_why() -> None:
    facts = history(
        opened(),
        order(1),
        unsent(1, 1),
        order(2),
        delivered(2, 2),
        recorded(9, 1, -1, 9, "bazaar:2"),
        rest(9_000),
    )
    lost, classes = check_all(facts, (NothingLost(), EventClasses()))
    assert lost.measures["lost.events"] == 0
    assert classes.measures["event_classes.never_sent.none"] == 1


def test_the_diagnosis_names_who_did_not_deliver_and_who_did_not_fetch() -> None:
    taken = (*order(2), *delivered(2, 2), recorded(9, 1, -1, 9, "bazaar:2"))
    end = (*at_rest(9_000, 9, 8, 10, 9), f.RunEnded(ns(9_500), complete=True))
    found = causes(order(1), unsent(1, 1), taken, end)
    assert found["never_sent"] == "1 event was never delivered by a marketplace, and not fetched by the subject"
    assert "lost_events" not in found
    healed = causes(order(1), unsent(1, 1), taken, SHOWN, recorded(600, 2, -1, 8, "bazaar:1"), end)
    assert "never_sent" not in healed


def test_what_is_acknowledged_of_an_order_that_was_never_sent_is_not_called_lost() -> None:
    """A subject may keep a return until it knows of the order."""
    sale = (sold(1, 1, "bazaar", 3), order_event(1, 1, 1, "bazaar"), *unsent(1, 1))
    taken = (*order(2), *delivered(2, 2), recorded(9, 1, -1, 9, "bazaar:2"))
    back = f.OrderReturned(ns(700), 1, "bazaar", "1", 5, ("MUG",), (1,), restocked=True)
    returned = (back, order_event(700, 3, 1, "bazaar", "order.returned"), *delivered(700, 3, "order.returned"))
    assert lost_events(*sale, *taken, *returned) == 0
    assert lost_events(*sale, SHOWN, *taken, *returned) == 1


def lost_events(*facts: f.AnyFact | Facts) -> float:
    return check_all(history(opened(), *facts, rest(9_000)), (NothingLost(),))[0].measures["lost.events"]


def causes(*facts: f.AnyFact | Facts) -> dict[str, str]:
    found = history(opened(), *facts)
    return {each.name: each.cause for each in diagnose(found, judge(found).checks)[0]}


BACK: Facts = (
    cancelled(700, 1, "bazaar"),
    order_event(700, 2, 1, "bazaar", "order.cancelled"),
    *delivered(700, 2, "order.cancelled"),
)


def lost(*facts: f.AnyFact | Facts) -> list[str]:
    """The events that are called lost, beside another order that is written."""
    other = (*order(2), *delivered(2, 12), recorded(9, 1, -1, 9, "bazaar:2"))
    found = check_all(history(opened(), *facts, other, rest(9_000)), (NothingLost(),))[0]
    return [incident.text for incident in found.incidents]


def failing(ms: float, event: int, outcome: f.DeliveryOutcome) -> Facts:
    return (planned(ms, event, event), tried(ms, event, 5, status=503), ended(ms + 5, event, outcome))


@pytest.mark.parametrize("sale", [unsent(1, 1), failing(1, 1, "given_up"), failing(1, 1, "pending")])
def test_what_came_of_an_order_of_which_nothing_told_is_not_lost(sale: Facts) -> None:
    """A service that never heard of an order may keep its cancellation until it does."""
    assert lost(order(1), sale, BACK) == []


@pytest.mark.parametrize("told", [delivered(1, 1), (*unsent(1, 1), SHOWN)])
def test_what_came_of_an_order_that_was_told_or_read_is_lost(told: Facts) -> None:
    written = recorded(20, 2, -1, 8, "bazaar:1")
    assert len(lost(order(1), told, written, BACK)) == 1
