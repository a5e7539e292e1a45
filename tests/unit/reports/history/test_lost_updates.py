"""A set that ignores what was written since it read is a lost update, whoever wrote it; what it knew is not."""

import pytest

from stockstorm.reports.history.lost_updates import LostUpdate
from stockstorm.simulator.history import facts as f
from tests.literal_history import at_rest, delivered, history, opened, put, query, sold, stock_event, version

TWO_ORDERS = (opened(), sold(0, 1, "bazaar"), sold(1, 2, "mercado"))


def found(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> list[tuple[int, int, int, str]]:
    """(request, units undone, request of the read, proof) of each lost update."""
    return [(lost.row.request, lost.units, lost.read, lost.proof) for lost in history(*facts).lost_updates]


def test_the_second_of_two_equal_sets_is_lost_though_it_changes_nothing() -> None:
    reads = (query(10, 1, 0), query(11, 2, 0))
    both = (put(20, 3, 1, -1, 9, "bazaar:1"), put(21, 4, 1, 0, 9, "mercado:2"))
    assert found(*TWO_ORDERS, *reads, *both) == [(4, 1, 2, "named")]


def test_without_references_it_is_lost_where_the_shelf_confirms_it() -> None:
    reads = (query(10, 1, 0), query(11, 2, 0))
    both = (put(20, 3, 1, -1, 9), put(21, 4, 1, 0, 9))
    assert found(*TWO_ORDERS, *reads, *both, at_rest(900, 9, 8, 9, 9)) == [(4, 1, 2, "balance")]
    assert found(*TWO_ORDERS, *reads, *both, at_rest(900, 9, 9, 9, 9)) == []
    assert found(*TWO_ORDERS, *reads, *both) == []  # no rest, so nothing is known of the shelf


def test_sets_one_after_the_other_lose_nothing() -> None:
    first = (query(10, 1, 0), put(20, 2, 1, -1, 9, "bazaar:1"))
    assert found(*TWO_ORDERS, *first, query(30, 3, 1), put(40, 4, 2, -1, 8, "mercado:2")) == []
    remembered = put(40, 4, 2, -1, 8, "mercado:2")  # by a writer that reads once and keeps count
    assert found(*TWO_ORDERS, *first, remembered, at_rest(900, 8, 8, 8, 8)) == []


def test_a_set_with_comparison_loses_nothing() -> None:
    both = (put(20, 3, 1, -1, 9, "bazaar:1"), put(21, 4, 1, 0, 9, "mercado:2", compared=True))
    assert found(*TWO_ORDERS, query(10, 1, 0), *both) == []


def test_a_row_of_no_units_in_an_adjustment_is_no_set() -> None:
    unmoved = f.StockUnmoved(21, "MUG", 1, "", 4)
    assert found(*TWO_ORDERS, query(10, 1, 0), put(20, 3, 1, -1, 9), unmoved, at_rest(900, 9, 8, 9, 9)) == []


def test_a_set_over_a_sale_that_nothing_had_shown_is_lost() -> None:
    assert found(opened(), version(10, 1, -1, 9), put(20, 1, 2, 3, 12)) == [(1, 1, -1, "unseen")]


def test_a_set_over_a_sale_of_which_a_delivery_told_is_judged_by_its_quantity() -> None:
    told = (version(10, 1, -1, 9), stock_event(10, 0, 1), *delivered(11, 0, "inventory_levels/update"))
    order = sold(0, 1, "bazaar")
    assert found(opened(), order, told, put(20, 1, 2, -1, 8, "bazaar:1")) == []
    ignored = (*query(5, 0, 0), *told, put(20, 1, 1, 0, 9, "bazaar:1"))
    assert found(opened(), order, *ignored) == [(1, 1, 0, "named")]


def test_unseen_changes_that_cancel_out_lost_nothing() -> None:
    there_and_back = (version(10, 1, -1, 9), version(11, 2, 1, 10, "restock"))
    assert found(opened(), sold(0, 1, "bazaar"), there_and_back, put(20, 1, 3, -1, 9, "bazaar:1")) == []


def test_a_set_that_moves_other_units_than_its_order_for_no_earlier_state_is_not_a_lost_update() -> None:
    wrong = history(opened(), sold(0, 1, "bazaar", 3), query(10, 1, 0), put(20, 2, 1, -1, 9, "bazaar:1"))
    assert wrong.lost_updates == []
    assert [misfit.excess for misfit in wrong.orders.misfits] == [2]


@pytest.mark.parametrize("shelf", [7, 6])
def test_sets_that_explain_another_difference_than_the_shelf_shows_are_not_accused(shelf: int) -> None:
    both = (query(10, 1, 0), put(20, 3, 1, -1, 9), put(21, 4, 1, 0, 9))
    assert found(*TWO_ORDERS, *both, at_rest(900, 9, shelf, 9, 9)) == []


def test_a_lost_update_tells_the_state_that_it_was_computed_from() -> None:
    reads = (query(10, 1, 0), query(11, 2, 0))
    both = (put(20, 3, 1, -1, 9, "bazaar:1"), put(21, 4, 1, 0, 9, "mercado:2"))
    run = history(*TWO_ORDERS, *reads, *both)
    row = run.all(f.StockUnmoved)[0]
    assert run.lost_updates == [LostUpdate(row, run.facts.index(row), 0, 1, 1, 2, "named", other_read=1)]
