"""Sets that write the sum of all locations to one of them are named; sets of a level are not."""

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.diagnosis import diagnose
from stockstorm.simulator.history import facts as f
from tests.literal_history import called, history, ns, opened, rest, sold
from tests.unit.reports.history.test_locations import at_two


def put(ms: float, number: int, order: int, level: int, here: int) -> f.AnyFact:
    """A set of location 7 that makes a version, for an order of one unit; 6 units lie at location 8."""
    reference = f"urn:channel-orders:bazaar:{order}"
    return f.StockChanged(
        ns(ms), "MUG", 2**53 + 1, 7, number, level - here, level + 6, "subject_set", -1, reference, False, order, level
    )


def causes(*levels: int) -> list[str]:
    facts: list[f.AnyFact] = []
    here = 4
    for n, level in enumerate(levels, 1):
        facts += [sold(n, n, "bazaar"), called(10 * n, n, "inventorySetQuantities"), put(10 * n, n, n, level, here)]
        here = level
    final = f.FinalStock(ns(900), "MUG", here + 6, 10 - len(levels), len(levels), (7, 8), (here, 6))
    listed = f.FinalListing(ns(900), "bazaar", "MUG", here + 6)
    ended = f.RunEnded(ns(901), True)
    found = history(at_two(), *facts, rest(), final, listed, ended)
    return [each.name for each in diagnose(found, tuple(check_all(found)))[0]]


def test_the_sum_at_one_location_is_named() -> None:
    assert "sum_at_location" in causes(9, 14, 19, 24)  # 10 - 1, then 15 - 1, …


@pytest.mark.parametrize("levels", [(3, 2, 1, 0), (9, 8, 7, 6), (3, 3, 2, 1)])
def test_sets_of_other_quantities_are_not(levels: tuple[int, ...]) -> None:
    assert "sum_at_location" not in causes(*levels)


def listed_of(levels: tuple[int, int], listed: list[int], plain: int = 4) -> list[str]:
    """SKUs with these levels at two locations, and what bazaar lists of them at the end; plain ones are right."""
    units = [*((levels, quantity) for quantity in listed), *(((4, 5), 9) for _ in range(plain))]
    facts: list[f.AnyFact] = []
    finals: list[f.AnyFact] = []
    for n, (at, quantity) in enumerate(units):
        sku, total = f"SKU-{n}", sum(at)
        facts.append(f.ItemStocked(ns(-1), sku, 2**53 + 1 + 2 * n, 7, total, 500, False, (7, 8), at))
        finals.append(f.FinalStock(ns(900), sku, total, total, 0, (7, 8), at))
        finals.append(f.FinalListing(ns(900), "bazaar", sku, quantity))
    found = history(tuple(facts), opened()[1:], rest(), *finals, f.RunEnded(ns(901), True))
    return [each.name for each in diagnose(found, tuple(check_all(found)))[0]]


def test_a_level_below_zero_that_counts_as_none_is_named() -> None:
    found = listed_of((-3, 12), [12, 12, 12, 9])
    assert "negative_level" in found
    assert "one_location" not in found


def test_one_level_is_named_where_no_sku_with_plain_levels_is_right() -> None:
    found = listed_of((-3, 12), [12, 12, 12, 12], plain=0)
    assert "negative_level" not in found
    assert "one_location" in found


@pytest.mark.parametrize("listed", [[9, 9, 9, 9], [13, 13, 13, 9], [12, 12, 9, 9], [11, 11, 11, 9]])
def test_other_quantities_of_such_skus_are_not(listed: list[int]) -> None:
    assert "negative_level" not in listed_of((-3, 12), listed)
    assert "negative_level" not in listed_of((3, 6), [12, 12, 12])


def test_nothing_is_said_of_items_with_one_location() -> None:
    assert diagnose(history(opened()), tuple(check_all(history(opened()))))[1] == ()
