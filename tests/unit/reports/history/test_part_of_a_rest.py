"""The units of an order that are written under another part of it, while a sale left no row."""

from collections.abc import Sequence

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
    recorded,
    rest,
    sold,
)

BACK = 99


def judged(rows: Sequence[f.AnyFact | tuple[f.AnyFact, ...]], available: int, shelf: int) -> dict[str, str]:
    """One unit of order 1 comes back; order 2 is sold, comes back as a whole, and its cancellation arrives first.

    The sale of 2 shares a call with the return of 1. They come to nothing, so neither has a row.
    """
    found = history(
        opened(),
        sold(0, 1, "bazaar", 2),
        order_event(0, 0, 1, "bazaar"),
        delivered(0, 0),
        recorded(20, 1, -2, 8, "bazaar:1"),
        f.OrderReturned(ns(100), 1, "bazaar", "1", BACK, (SKU,), (2,), True),
        order_event(100, 1, 1, "bazaar", "order.returned"),
        delivered(200, 1, "order.returned"),
        sold(190, 2, "mercado", 2),
        order_event(190, 2, 2, "mercado"),
        delivered(200, 2),
        f.OrderReturned(ns(300), 2, "mercado", "2", BACK + 1, (SKU,), (2,), True),
        order_event(300, 3, 2, "mercado", "order.returned"),
        f.OrderCancelled(ns(350), 2, "mercado", "2", (), ()),
        order_event(350, 4, 2, "mercado", "order.cancelled"),
        delivered(350, 4, "order.cancelled"),
        delivered(500, 3, "order.returned"),
        *rows,
        pushed(600, "bazaar", available),
        pushed(600, "mercado", available),
        rest(),
        at_rest(905, available, shelf, available, available),
    )
    checks = (Drift()(found), NothingLost()(found))
    return {check.name: check.verdict for check in checks if check.verdict != "valid"}


def test_a_cancellation_that_gives_back_what_came_back_is_right_though_the_sale_left_no_row() -> None:
    assert judged([recorded(400, 2, 2, 10, "mercado:2:cancelled")], available=10, shelf=10) == {}


def test_where_something_else_is_missing_the_units_stay_wrong() -> None:
    assert "drift" in judged([], available=8, shelf=10)
    assert "drift" in judged([recorded(400, 2, 1, 9, "mercado:2:cancelled")], available=9, shelf=10)
