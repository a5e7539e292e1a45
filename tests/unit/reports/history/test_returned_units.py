"""Units that came back on a marketplace may be listed before the master includes them."""

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.literal_history import SKU, cancelled, history, ns, opened, pushed, recorded, sold, version
from tests.unit.reports.history.test_locations import at, at_two

SALE, BACK = "bazaar:1", "bazaar:1:cancelled"


def verdicts(*facts: f.AnyFact | tuple[f.AnyFact, ...], channel: str = "mercado") -> list[str]:
    found: History = history(*facts)
    return found.listings[channel, SKU].verdicts


def a_sale_of_each() -> tuple[f.AnyFact, ...]:
    """Bazaar sells one of 10 units, which is written, and the store two: the listing showed 9, then 7."""
    return (
        *opened(10),
        sold(100, 1, "bazaar"),
        recorded(110, 1, -1, 9, SALE),
        pushed(120, "mercado", 9),
        version(200, 2, -1, 8),
        version(300, 3, -1, 7),
        pushed(310, "mercado", 7),
    )


def test_a_push_with_a_unit_that_came_back_is_not_stale_before_its_write() -> None:
    found = verdicts(
        a_sale_of_each(), cancelled(400, 1, "bazaar"), pushed(410, "mercado", 8), recorded(420, 4, 1, 8, BACK)
    )
    assert found == ["", "", ""]


def test_it_is_stale_when_nothing_came_back() -> None:
    assert verdicts(a_sale_of_each(), pushed(410, "mercado", 8)) == ["", "", "stale"]


def test_it_is_stale_by_more_than_came_back() -> None:
    found = verdicts(a_sale_of_each(), cancelled(400, 1, "bazaar"), pushed(410, "mercado", 9))
    assert found == ["", "", "stale"]


def test_it_is_stale_once_the_unit_is_written_and_shown() -> None:
    written = (cancelled(400, 1, "bazaar"), recorded(420, 4, 1, 8, BACK), pushed(430, "mercado", 8))
    later = (version(500, 5, -1, 7), pushed(510, "mercado", 7), pushed(520, "mercado", 8))
    assert verdicts(a_sale_of_each(), *written, *later) == ["", "", "", "", "stale"]


def test_a_service_that_names_no_orders_may_do_so_too() -> None:
    found = verdicts(
        opened(10),
        sold(100, 1, "bazaar"),
        recorded(110, 1, -1, 9),
        version(200, 2, -1, 8),
        version(300, 3, -1, 7),
        pushed(310, "mercado", 7),
        cancelled(400, 1, "bazaar"),
        pushed(410, "mercado", 8),
        recorded(420, 4, 1, 8),
    )
    assert found == ["", ""]


def test_of_an_item_at_two_locations_it_is_not_stale_either() -> None:
    item, *others = at_two()
    sale = f.StockChanged(ns(110), SKU, 2**53 + 1, 7, 1, -1, 9, "subject_adjust", -1, SALE, level=3)
    then = (at(200, 8, 2, -3, 6, 3), at(300, 7, 3, -2, 4, 1), pushed(310, "mercado", 4))
    before = (item, *others, sold(100, 1, "bazaar"), sale, *then)
    assert verdicts(*before, cancelled(400, 1, "bazaar"), pushed(410, "mercado", 5)) == ["", ""]
    assert verdicts(*before, pushed(410, "mercado", 5)) == ["", "stale"]
