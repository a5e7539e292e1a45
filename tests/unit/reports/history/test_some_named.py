"""A subject that names the orders of some writes alone, such as sales: what the others wrote is not missing."""

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.drift import Drift
from stockstorm.reports.checkers.nothing_lost import NothingLost
from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    at_rest,
    cancelled,
    delivered,
    history,
    opened,
    order_event,
    recorded,
    rest,
    sold,
)


def named_sales(*rows: f.AnyFact, left: int) -> History:
    """Two sales of 2 that are named, and the cancellation of the first one. `rows`: what else was written."""
    return history(
        opened(),
        sold(0, 1, "bazaar", 2),
        order_event(0, 0, 1, "bazaar"),
        delivered(0, 0),
        sold(1, 2, "bazaar", 2),
        order_event(1, 1, 2, "bazaar"),
        delivered(1, 1),
        recorded(10, 1, -2, 8, "bazaar:1"),
        recorded(11, 2, -2, 6, "bazaar:2"),
        cancelled(20, 1, "bazaar", 2),
        order_event(20, 2, 1, "bazaar", "order.cancelled"),
        delivered(20, 2),
        *rows,
        at_rest(9_000, left, 8, left, left),
        rest(),
    )


def verdicts(run: History) -> dict[str, str]:
    return {check.name: check.verdict for check in check_all(run, (NothingLost(), Drift()))}


def test_a_cancellation_that_a_write_without_a_name_gave_back_is_not_lost() -> None:
    run = named_sales(recorded(30, 3, 2, 8), left=8)
    assert [effect.version for effect in run.orders.effects] == [1, 2, 3]
    assert verdicts(run) == {"nothing_lost": "valid", "drift": "valid"}


def test_one_that_no_write_gave_back_is_lost() -> None:
    run = named_sales(left=6)
    assert [effect.version for effect in run.orders.effects] == [1, 2, -1]
    assert verdicts(run)["nothing_lost"] == "invalid"


@pytest.mark.parametrize("units", [1, 3])
def test_a_write_without_a_name_of_other_units_gives_nothing_back(units: int) -> None:
    run = named_sales(recorded(30, 3, units, 6 + units), left=6 + units)
    assert run.orders.effects[2].version == -1
    assert verdicts(run)["nothing_lost"] == "invalid"


def test_the_sum_tells_nothing_where_a_write_moved_other_units_than_its_orders() -> None:
    run = named_sales(recorded(30, 3, 2, 8), recorded(31, 4, -1, 7, "bazaar:2"), left=7)
    assert run.orders.effects[2].version == -1


@pytest.mark.parametrize("name", ["bazaar:1", "bazaar:1:canceled", "bazaar:1:refund:77", "bazaar:1:cancelled"])
def test_what_follows_the_name_of_an_order_may_be_the_subjects_own_word(name: str) -> None:
    run = named_sales(recorded(30, 3, 2, 8, name), left=8)
    assert [effect.version for effect in run.orders.effects] == [1, 2, 3]
    assert (verdicts(run), run.orders.unknown_orders) == ({"nothing_lost": "valid", "drift": "valid"}, {})


def test_an_order_that_nobody_placed_is_known_by_its_whole_name() -> None:
    run = named_sales(recorded(30, 3, 2, 8, "bazaar:9:refund"), left=8)
    assert list(run.orders.unknown_orders) == ["bazaar:9:refund"]
    assert verdicts(run)["drift"] == "invalid"
