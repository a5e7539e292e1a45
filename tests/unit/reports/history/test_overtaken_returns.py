"""A return that its order's cancellation overtook: who hears of the cancellation first gives back everything."""

import pytest

from stockstorm.reports.checkers.applied_twice import AppliedTwice
from stockstorm.reports.checkers.drift import Drift
from stockstorm.reports.checkers.nothing_lost import NothingLost
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    at_rest,
    delivered,
    history,
    ns,
    opened,
    order_event,
    pushed,
    put,
    query,
    recorded,
    rest,
    sold,
)

CHECKS = (NothingLost(), AppliedTwice(), Drift())


def judged(sale: int, back: int, *rows: f.AnyFact, available: int) -> list[tuple[str, str]]:
    """An order of `sale` units, of which `back` came back before the rest was cancelled: verdicts of the checks."""
    left = sale - back
    found = history(
        opened(),
        sold(0, 1, "bazaar", sale),
        order_event(0, 0, 1, "bazaar"),
        delivered(0, 0),
        recorded(20, 1, -sale, 10 - sale, "bazaar:1"),
        f.OrderReturned(ns(100), 1, "bazaar", "1", 99, (SKU,), (back,), True),
        order_event(100, 1, 1, "bazaar", "order.returned"),
        f.OrderCancelled(ns(300), 1, "bazaar", "1", (SKU,) if left else (), (left,) if left else ()),
        order_event(300, 2, 1, "bazaar", "order.cancelled"),
        delivered(300, 2, "order.cancelled"),
        delivered(400, 1, "order.returned"),
        rows,
        pushed(500, "bazaar", available),
        pushed(500, "mercado", available),
        rest(),
        at_rest(905, available, 10, available, available),
    )
    return [(check.name, check.verdict) for checker in CHECKS if (check := checker(found)).verdict != "valid"]


@pytest.mark.parametrize("back", [1, 3])
def test_a_cancellation_that_gives_back_the_return_too_is_right(back: int) -> None:
    row = recorded(320, 2, 3, 10, "bazaar:1:cancelled")
    assert judged(3, back, row, available=10) == []


@pytest.mark.parametrize("compared", [True, False])
@pytest.mark.parametrize("back", [1, 3])
def test_a_cancellation_that_sets_the_level_to_all_units_is_right_too(back: int, compared: bool) -> None:
    row = put(320, 3, 2, 3, 10, "bazaar:1:cancelled", compared=compared)
    assert judged(3, back, *query(310, 2, 1), row, available=10) == []


def test_in_the_order_of_events_both_are_written() -> None:
    rows = recorded(120, 2, 1, 8, "bazaar:1:returned:99"), recorded(320, 3, 2, 10, "bazaar:1:cancelled")
    assert judged(3, 1, *rows, available=10) == []


@pytest.mark.parametrize("back", [1, 3])
def test_what_the_cancellation_gave_back_is_not_given_back_again_by_the_return(back: int) -> None:
    rows = recorded(320, 2, 3, 10, "bazaar:1:cancelled"), recorded(420, 3, back, 10 + back, "bazaar:1:returned:99")
    assert ("drift", "invalid") in judged(3, back, *rows, available=10 + back)


@pytest.mark.parametrize("back", [1, 3])
def test_a_cancellation_that_ignores_an_earlier_return_gives_back_too_much(back: int) -> None:
    rows = (
        recorded(120, 2, back, 7 + back, "bazaar:1:returned:99"),
        recorded(320, 3, 3, 10 + back, "bazaar:1:cancelled"),
    )
    assert ("drift", "invalid") in judged(3, back, *rows, available=10 + back)


def test_a_lost_return_stays_lost() -> None:
    row = recorded(320, 2, 2, 9, "bazaar:1:cancelled")
    assert [name for name, verdict in judged(3, 1, row, available=9) if verdict == "invalid"] == [
        "nothing_lost",
        "drift",
    ]
