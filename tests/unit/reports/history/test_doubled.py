"""References prove an order applied twice only where no other order explains the units."""

import msgspec
import pytest

from stockstorm.reports.history import History
from stockstorm.reports.history.off_stock import explain
from stockstorm.simulator.history import facts as f
from tests.literal_history import SKU, cancelled, history, ns, opened, put, query, recorded, sold

TWO_ORDERS = (opened(), sold(0, 1, "bazaar", 2), sold(1, 2, "mercado", 1))


def doubled(run: History) -> set[tuple[int, str]]:
    return set(run.doublings.by_order)


def row(ms: float, request: int, number: int, delta: int, available: int, *tokens: str) -> f.AnyFact:
    reference = "urn:channel-orders:" + ",".join(tokens)
    return f.StockChanged(
        ns(ms), SKU, 2**53 + 1, 7, number, delta, available, "subject_adjust", -1, reference, request=request
    )


def test_a_write_that_names_an_order_again_and_moves_its_units_doubled_it() -> None:
    run = history(*TWO_ORDERS, recorded(20, 1, -3, 7, "bazaar:1", "mercado:2"), recorded(30, 2, -2, 5, "bazaar:1"))
    assert doubled(run) == {(1, "sale")}


def test_a_write_that_names_an_order_again_and_moves_nothing_of_it_did_not() -> None:
    run = history(*TWO_ORDERS, recorded(20, 1, -2, 8, "bazaar:1"), recorded(30, 2, -1, 7, "bazaar:1", "mercado:2"))
    assert doubled(run) == set()


def test_of_two_orders_of_the_same_units_in_one_write_none_is_accused() -> None:
    run = history(
        opened(), sold(0, 1, "bazaar"), sold(1, 2, "mercado"), recorded(20, 1, -3, 7, "bazaar:1", "mercado:2")
    )
    assert doubled(run) == set()
    assert [[len(some) for some in one.choices] for one in run.doublings.unattributed] == [[1, 1]]


def test_a_write_that_moves_less_than_its_orders_doubled_none() -> None:
    run = history(*TWO_ORDERS, recorded(20, 1, -1, 9, "bazaar:1", "mercado:2"))
    assert doubled(run) == set()
    assert [one.choices for one in run.doublings.unattributed] == [()]


def test_a_write_that_left_out_an_order_did_not_double_the_return_that_it_names_as_well() -> None:
    """The sale's second line was forgotten, and one unit came back: +1 where the two come to nothing."""
    back = f.OrderReturned(ns(5), 1, "bazaar", "1", 70, (SKU,), (1,), restocked=True)
    run = history(opened(), sold(0, 1, "bazaar"), back, recorded(20, 1, 1, 11, "bazaar:1", "bazaar:1:returned:70"))
    assert doubled(run) == set()
    assert [one.choices for one in run.doublings.unattributed] == [()]


def test_rows_of_one_call_that_each_name_all_its_orders_are_one_write() -> None:
    """A third order keeps the SKU's total off, so the total cannot excuse the rows."""
    both = ("bazaar:1", "mercado:2")
    lost = (sold(2, 3, "mercado"), recorded(40, 3, -3, 4, "mercado:3"))
    run = history(*TWO_ORDERS, row(20, 5, 1, -2, 8, *both), row(20, 5, 2, -1, 7, *both), lost)
    assert doubled(run) == set()


def test_an_order_split_over_two_writes_is_not_doubled_though_another_one_is() -> None:
    split = (recorded(20, 1, -1, 9, "bazaar:1", "mercado:2"), recorded(30, 2, -2, 7, "bazaar:1"))
    other = (sold(2, 3, "mercado", 1), recorded(40, 3, -2, 5, "mercado:3"))
    assert doubled(history(*TWO_ORDERS, *split, *other)) == {(3, "sale")}


def test_a_lost_update_is_not_called_applied_twice() -> None:
    """The set erased a return of another order's unit, which looks like one unit sold too many."""
    returned = f.OrderReturned(ns(2), 1, "bazaar", "1", 70, (SKU,), (1,), restocked=True)
    run = history(
        opened(),
        sold(0, 1, "bazaar"),
        sold(1, 2, "mercado"),
        query(3, 0, 0),
        put(10, 1, 1, -1, 9, "bazaar:1"),
        query(11, 2, 1),
        returned,
        row(12, 3, 2, 1, 10, "bazaar:1:returned:70"),
        put(20, 4, 3, -2, 8, "mercado:2"),
    )
    assert [lost.row.request for lost in run.lost_updates] == [4]
    assert doubled(run) == set()


def test_a_set_without_comparison_that_moved_too_much_doubled_nothing_that_it_names_once() -> None:
    """It may have erased a change that nobody read. A write of the same difference would have doubled the order."""
    assert doubled(history(opened(), sold(0, 1, "bazaar", 2), put(20, 1, 1, -4, 6, "bazaar:1"))) == set()
    assert doubled(history(opened(), sold(0, 1, "bazaar", 2), recorded(20, 1, -4, 6, "bazaar:1"))) == {(1, "sale")}
    again = (put(20, 1, 1, -2, 8, "bazaar:1"), query(25, 3, 1), put(30, 2, 2, -2, 6, "bazaar:1"))
    assert doubled(history(opened(), sold(0, 1, "bazaar", 2), *again)) == {(1, "sale")}


@pytest.mark.parametrize(("units", "twice"), [(2, False), (1, True), (3, True)])
def test_a_return_that_gives_back_the_whole_order_is_not_one_that_came_twice(units: int, twice: bool) -> None:
    """One unit of `units` came back, and one more was given back: of two that is the whole order."""
    returned = f.OrderReturned(ns(25), 1, "bazaar", "1", 70, (SKU,), (1,), restocked=True)
    run = history(
        opened(),
        sold(0, 1, "bazaar", units),
        recorded(20, 1, -units, 10 - units, "bazaar:1"),
        returned,
        recorded(30, 2, 2, 12 - units, "bazaar:1:returned:70"),
    )
    assert doubled(run) == ({(1, "returned")} if twice else set())


def test_a_write_that_took_too_little_of_an_order_did_not_apply_its_return_twice() -> None:
    """A subject that takes one unit of every order, and gives back one unit of every return."""
    returned = f.OrderReturned(ns(25), 1, "bazaar", "1", 70, (SKU,), (2,), restocked=True)
    run = history(
        opened(),
        sold(0, 1, "bazaar", 3),
        recorded(20, 1, -1, 9, "bazaar:1"),
        returned,
        recorded(30, 2, 1, 10, "bazaar:1:returned:70"),
    )
    assert doubled(run) == set()
    assert sorted(misfit.excess for misfit in run.orders.misfits) == [-1, 2]


def test_a_sale_that_came_to_nothing_with_a_return_that_came_again_is_not_lost() -> None:
    """The call has no row for the SKU, because its two changes come to 0. Its row for another SKU shows that it was."""
    returned = f.OrderReturned(ns(5), 1, "bazaar", "1", 70, (SKU,), (1,), restocked=True)
    other = f.PurchaseAccepted(ns(26), 2, "mercado", "2", (SKU, "CUP"), (1, 1), (10, 10), (10, 10))
    call = "urn:channel-orders:bazaar:1:returned:70,mercado:2"
    facts = (
        f.ItemStocked(ns(-1), "CUP", 2**53 + 3, 7, 10, 500, hot=False),
        opened(),
        sold(0, 1, "bazaar", 2),
        recorded(20, 1, -2, 8, "bazaar:1"),
        returned,
        recorded(25, 2, 1, 9, "bazaar:1:returned:70"),
        other,
    )
    cup = f.StockChanged(ns(30), "CUP", 2**53 + 3, 7, 1, -1, 9, "subject_adjust", -1, call, request=9)
    run = history(*facts, cup)
    assert doubled(run) == {(1, "returned")}
    assert [effect.order for effect in run.orders.effects if effect.version < 0 and not effect.settled] == []
    alone = msgspec.structs.replace(cup, reference="urn:channel-orders:mercado:2")
    lost = history(*facts, alone)
    assert doubled(lost) == set()
    assert [effect.sku for effect in lost.orders.effects if effect.version < 0 and not effect.settled] == [SKU]


def test_an_order_of_two_items_that_was_applied_twice_explains_both() -> None:
    skus = (SKU, "CUP")
    sale = f.PurchaseAccepted(ns(1), 1, "bazaar", "1", skus, (2, 1), (10, 10), (10, 10))
    rows = [
        f.StockChanged(ns(at), sku, 2**53 + 1 + 2 * place, 7, number, -units, 10 - number * units, "subject_adjust", -1,
                       "urn:channel-orders:bazaar:1", request=number)
        for number, at in ((1, 20), (2, 30))
        for place, (sku, units) in enumerate(zip(skus, (2, 1), strict=True))
    ]  # fmt: skip
    cup = f.ItemStocked(ns(-1), "CUP", 2**53 + 3, 7, 10, 500, hot=False)
    run = history(cup, opened(), sale, *rows)
    assert doubled(run) == {(1, "sale")}
    assert all(explain(run.attribution, sku, -units).explained for sku, units in zip(skus, (2, 1), strict=True))


def test_an_order_that_shared_a_call_with_its_opposite_and_comes_again_is_doubled() -> None:
    """The cancellation and the sale come to nothing, so their call has no row of the SKU. Another row tells of it."""
    call = "urn:channel-orders:bazaar:1:cancelled,mercado:2"
    other = f.StockChanged(ns(20), "CUP", 2**53 + 3, 7, 1, -1, 9, "subject_adjust", -1, call)
    first = (opened(), sold(0, 1, "bazaar", 2), recorded(5, 1, -2, 8, "bazaar:1"), cancelled(6, 1, "bazaar", 2))
    run = history(*first, sold(7, 2, "mercado", 2), other, recorded(40, 2, -2, 6, "mercado:2"))
    assert doubled(run) == {(2, "sale")}
    (cause,) = explain(run.attribution, SKU, -2).causes
    assert (cause.kind, cause.units) == ("applied_twice", -2)
