"""Without references a SKU is off by some units. Only what the rows prove is claimed."""

from stockstorm.reports.history import History
from stockstorm.reports.history.off_stock import explain
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    at_rest,
    cancelled,
    delivered,
    effect,
    ended,
    history,
    ns,
    opened,
    order_event,
    planned,
    probe_done,
    recorded,
    sold,
)

RETURNED = f.OrderReturned(ns(5), 1, "bazaar", "1", 70, (SKU,), (2,), restocked=True)


def off(run: History) -> list[tuple[int, int, bool]]:
    """(units, units proven to be moved twice, whether only lost events explain it) of each SKU that is off."""
    return [(each.units, each.taken, each.lost_only) for each in run.off_balance]


def test_a_row_too_many_was_applied_twice() -> None:
    run = history(opened(), sold(0, 1, "bazaar", 2), recorded(10, 1, -2, 8), recorded(20, 2, -2, 6))
    assert off(run) == [(-2, 2, False)]


def test_a_return_without_a_row_is_lost_and_nothing_was_taken_twice() -> None:
    run = history(opened(), sold(0, 1, "bazaar", 2), RETURNED, recorded(10, 1, -2, 8))
    assert off(run) == [(-2, 0, True)]


def test_a_row_too_many_of_the_units_of_a_scrapped_return_was_perhaps_put_back_and_not_applied_twice() -> None:
    scrapped = f.OrderReturned(ns(5), 1, "bazaar", "1", 70, (SKU,), (2,), restocked=False)
    before = history(opened(), sold(0, 1, "bazaar", 2), recorded(10, 1, -2, 8))
    assert off(history(*before.facts, scrapped, recorded(20, 2, 2, 10))) == [(2, 0, False)]
    assert off(history(*before.facts, recorded(20, 2, 2, 10))) == [(2, 2, False)]


def test_a_cancellation_without_a_row_may_hide_an_order_applied_twice() -> None:
    """Order 2 and its cancellation need no row, and then the second row is order 1 again."""
    run = history(
        opened(), sold(0, 1, "bazaar"), sold(1, 2, "mercado"), cancelled(2, 2, "mercado"), recorded(10, 1, -1, 9)
    )
    assert off(run) == []
    again = history(*run.facts, recorded(20, 2, -1, 8))
    assert off(again) == [(-1, 0, False)]
    fits = explain(again.attribution, SKU, -1).fits
    assert fits is not None
    assert [(each.order, each.kind) for each in fits.twice] == [(1, "sale"), (2, "sale")]
    assert [(each.order, each.kind) for each in fits.lost] == [(2, "cancelled")]


def test_more_taken_than_was_sold_until_then_is_proof_whatever_comes_later() -> None:
    """The rows are of batches, so they match no order one by one."""
    run = history(
        opened(),
        sold(0, 1, "bazaar", 1),
        sold(1, 2, "mercado", 2),
        recorded(10, 1, -5, 5),
        sold(20, 3, "mercado", 4),
        recorded(30, 2, -3, 2),
    )
    assert [(each.taken, each.singly, each.at_ns) for each in run.off_balance] == [(2, False, ns(10))]


def test_what_fits_is_named_and_what_does_not_is_not() -> None:
    run = history(opened(), sold(0, 1, "bazaar", 2), sold(1, 2, "mercado", 1), RETURNED, recorded(10, 1, -3, 7))
    fits = explain(run.attribution, SKU, -2).fits
    assert fits is not None
    assert [(each.order, each.kind) for each in fits.twice] == [(1, "sale")]
    assert [(each.order, each.kind) for each in fits.lost] == [(1, "returned")]


def test_an_event_that_the_probe_does_not_know_explains_the_record() -> None:
    events = (order_event(0, 0, 1, "bazaar"), *delivered(0, 0), order_event(5, 1, 1, "bazaar", "order.returned"))
    run = history(
        opened(),
        sold(0, 1, "bazaar", 2),
        RETURNED,
        events,
        delivered(6, 1, "order.returned"),
        recorded(10, 1, -2, 8),
        at_rest(900, 8, 10, 8, 8),
        effect(0, "applied", 1),
        probe_done(),
    )
    found = explain(run.attribution, SKU, -2)
    assert found.explained
    assert [(cause.kind, cause.effect and cause.effect.kind) for cause in found.causes] == [
        ("not_recorded", "returned")
    ]
    assert [(entry.event.event, entry.effect) for entry in run.classified] == [(0, "once"), (1, "none")]


def test_an_event_that_was_never_delivered_explains_the_record() -> None:
    events = (order_event(5, 1, 1, "bazaar", "order.returned"), planned(6, 1, 1, "order.returned"))
    run = history(
        opened(),
        sold(0, 1, "bazaar", 2),
        RETURNED,
        events,
        ended(8, 1, "given_up"),
        recorded(10, 1, -2, 8),
        at_rest(900, 8, 10, 8, 8),
    )
    assert explain(run.attribution, SKU, -2).explained


def test_without_references_the_probe_says_which_order_was_lost_and_not_the_last_one() -> None:
    """Taken in order of time, the one row would be order 1's. The probe knows that it is order 2's."""
    events = (order_event(0, 0, 1, "bazaar"), order_event(1, 1, 2, "mercado"), *delivered(2, 0), *delivered(2, 1))
    run = history(
        opened(),
        sold(0, 1, "bazaar"),
        sold(1, 2, "mercado"),
        events,
        recorded(10, 1, -1, 9),
        at_rest(900, 9, 8, 9, 9),
        effect(1, "applied", 1),
        probe_done(),
    )
    assert [entry.effect for entry in run.classified] == ["none", "once"]


def test_an_order_that_was_returned_in_part_and_then_cancelled_needs_no_row() -> None:
    back = f.OrderReturned(ns(5), 1, "bazaar", "1", 70, (SKU,), (1,), restocked=True)
    rest = (sold(0, 1, "bazaar", 2), back, cancelled(6, 1, "bazaar", 1))
    again = (sold(7, 2, "mercado"), recorded(10, 1, -1, 9), recorded(20, 2, -1, 8))
    assert off(history(opened(), rest, again)) == [(-1, 1, False)]
