"""What a listing lacks at rest is named where the units add up, and else not."""

from stockstorm.reports.checkers.drift import Drift
from stockstorm.simulator.history import facts as f
from tests.literal_history import at_rest, history, opened, order_event, pushed, recorded, sold, stock_event, version


def lacking(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """(what it lacks in words, events) of each listing that is wrong."""
    found = Drift()(history(*facts)).incidents
    return [(incident.text.rpartition("; ")[2], incident.events) for incident in found if incident.channel]


def test_a_push_before_the_last_sale_lacks_that_sale() -> None:
    sales = (version(10, 1, -1, 9), stock_event(10, 0, 1), version(20, 2, -3, 6), stock_event(20, 1, 2))
    pushes = (pushed(15, "bazaar", 9), pushed(15, "mercado", 9), pushed(30, "mercado", 6))
    assert lacking(opened(), sales, pushes, at_rest(900, 6, 6, 9, 6)) == [
        ("it lacks a sale in the shop (-3 at 0.020 s)", (1,))
    ]


def test_a_listing_that_was_never_set_lacks_the_order_of_another_channel() -> None:
    order = (sold(10, 1, "bazaar", 2), order_event(10, 0, 1, "bazaar"), recorded(20, 1, -2, 8, "bazaar:1"))
    assert lacking(opened(), order, pushed(30, "bazaar", 8), at_rest(900, 8, 8, 8, 10)) == [
        ("it lacks order.created of bazaar's order 1 (-2 at 0.010 s)", (0,))
    ]


def test_a_quantity_that_fits_no_moment_lacks_nothing_in_particular() -> None:
    order = (sold(10, 1, "bazaar", 2), order_event(10, 0, 1, "bazaar"), recorded(20, 1, -2, 8, "bazaar:1"))
    assert lacking(opened(), order, pushed(30, "mercado", 3), at_rest(900, 8, 8, 8, 3)) == [
        ("which changes it lacks cannot be told: its quantity fits no single moment", ())
    ]
