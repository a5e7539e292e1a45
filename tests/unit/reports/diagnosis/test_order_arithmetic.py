"""Wrong rules of counting what comes back are told from orders that were lost or applied twice."""

import pytest
from msgspec.structs import replace

from stockstorm.reports.diagnosis.order_stories import stories
from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis.shop import SKUS, Change, Lines, Shop, diagnosed

NAMED = [True, False]
SOLD: dict[int, Lines] = {order: ((SKUS[order % 8], 5), (SKUS[(order + 3) % 8], 1)) for order in range(200, 206)}
FIRST = {order: order - 199 for order in SOLD}  # units of the first of two returns
BACK = {order: order % 4 + 1 for order in SOLD}


def left(order: int) -> Lines:
    """The first line of an order less the units that came back, and the second one."""
    (first, count), second = SOLD[order]
    return ((first, count - BACK[order]), second)


def shop_of(counts: dict[tuple[str, int], Lines], *, named: bool, cancelled_first: bool) -> History:
    """Six orders of which some units of the first line come back before the rest is cancelled, among 120 others.

    `cancelled_first`: the subject hears of the cancellation first, and gives back the whole order for it.
    """
    shop = Shop(named=named, counts=lambda one: counts.get((one.kind, one.order), one.lines))
    for order, lines in SOLD.items():
        shop.happen(Change("sale", order, "bazaar", lines))
        back: Lines = ((lines[0][0], BACK[order]),)
        after = [Change("returned", order, "bazaar", back), Change("cancelled", order, "bazaar", left(order))]
        for change in reversed(after) if cancelled_first else after:
            shop.happen(change)
    return shop.history()


@pytest.mark.parametrize("named", NAMED)
def test_a_cancellation_that_gives_back_what_a_return_gave_back_before(named: bool) -> None:
    wrong = {("cancelled", order): SOLD[order] for order in SOLD}
    found = diagnosed(shop_of(wrong, named=named, cancelled_first=False))
    assert "a cancellation gives back again what a return had given back before it" in found["order_arithmetic"].cause
    assert "bazaar's order bazaar-1201" in found["order_arithmetic"].evidence[1]
    assert "applied_twice" not in found
    assert "applied_twice" in found["order_arithmetic"].explains or not named


@pytest.mark.parametrize("named", NAMED)
def test_a_return_that_comes_after_the_cancellation_and_is_given_back_again(named: bool) -> None:
    wrong = {("cancelled", order): SOLD[order] for order in SOLD}
    found = diagnosed(shop_of(wrong, named=named, cancelled_first=True))
    cause = found["order_arithmetic"].cause
    assert "a return gives its units back again although its order was cancelled before it" in cause
    assert "applied_twice" not in found


def sales_again(counts: dict[int, Lines], *, named: bool) -> History:
    """Six orders of which some units come back before the rest is cancelled; then the sale comes once more.

    `counts`: what the subject takes for it then.
    """
    shop = Shop(named=named)
    for order, lines in SOLD.items():
        shop.happen(Change("sale", order, "bazaar", lines))
        shop.happen(Change("returned", order, "bazaar", ((lines[0][0], BACK[order]),)))
        shop.happen(Change("cancelled", order, "bazaar", left(order)))
    facts = shop.facts
    for order in SOLD:
        sale = next(fact.event for fact in facts if isinstance(fact, f.EventFired) and fact.order == order)
        shop.ms += 50.0
        at, number = ns(shop.ms), shop.deliveries
        shop.deliveries += 1
        facts += [
            f.DeliveryPlanned(at, number, sale, f"w{sale}", 2, "order.created", at, 2, ("duplicate_after_cancel",)),
            f.AttemptEnded(at + 5_000_000, number, 1, at, at, at, at + 5_000_000, at, 200),
            f.DeliveryEnded(at + 5_000_000, number, "acknowledged"),
        ]
        if order in counts:
            shop.record(Change("sale", order, "bazaar", counts[order]), f"bazaar:bazaar-{1001 + order}")
    return shop.history()


@pytest.mark.parametrize("named", NAMED)
def test_a_sale_that_comes_again_after_a_cancellation_takes_what_came_back(named: bool) -> None:
    taken: dict[int, Lines] = {order: ((lines[0][0], BACK[order]),) for order, lines in SOLD.items()}
    found = diagnosed(sales_again(taken, named=named))
    cause = found["order_arithmetic"].cause
    assert cause.startswith("a sale that comes again after the cancellation of its order takes what a return had given")


@pytest.mark.parametrize("named", NAMED)
def test_a_sale_that_comes_again_after_a_cancellation_takes_its_units(named: bool) -> None:
    found = diagnosed(sales_again(dict(SOLD), named=named))
    assert (
        "comes again after the cancellation of its order takes its units once more" in found["order_arithmetic"].cause
    )


@pytest.mark.parametrize("named", NAMED)
def test_a_sale_that_comes_again_and_changes_nothing(named: bool) -> None:
    assert "order_arithmetic" not in diagnosed(sales_again({}, named=named))


@pytest.mark.parametrize("named", NAMED)
def test_a_sound_subject_whose_orders_are_returned_and_cancelled_is_told_nothing(named: bool) -> None:
    history = shop_of({}, named=named, cancelled_first=False)
    assert "order_arithmetic" not in diagnosed(history)


def whole_orders(*, named: bool, times: int = 1) -> History:
    """Each return of an odd order gives back the whole order: other SKUs, and more units."""
    sold: dict[int, Lines] = {}

    def counts(change: Change) -> Lines:
        if change.kind == "sale":
            sold[change.order] = change.lines
        return sold[change.order] if change.kind == "returned" else change.lines

    shop = Shop(lambda one: times if one.kind == "returned" else 1, named=named, counts=counts, orders=0)
    for order in range(60):
        first, second = SKUS[order % 8], SKUS[(order + 1) % 8]
        shop.happen(Change("sale", order, "mercado", ((first, order % 6 + 2), (second, order % 3 + 1))))
        if order % 5 == 0 and order % 8 < 5:
            shop.happen(Change("returned", order, "mercado", ((first, 1),)))
    return shop.history()


@pytest.mark.parametrize("named", NAMED)
def test_a_return_of_the_whole_order(named: bool) -> None:
    found = diagnosed(whole_orders(named=named))
    assert "a return gives back the whole order, not only what was returned" in found["order_arithmetic"].cause
    assert "take the lines and quantities of the return" in found["order_arithmetic"].remedy
    assert "applied_twice" not in found


def test_a_return_of_the_whole_order_is_not_called_applied_twice() -> None:
    """Where of two units one came back, and two were given back, it is one more, as if the return had come twice."""
    history = whole_orders(named=True)
    assert history.doublings.by_order == {}
    assert history.doublings.unattributed


def test_copies_that_count_twice_are_no_rule_of_counting() -> None:
    found = diagnosed(Shop(lambda one: 1 + one.copies).history())
    assert "order_arithmetic" not in found
    assert "applied_twice" in found


def kept_for_a_while(*, named: bool, late: bool) -> History:
    """Each fifth order comes back in part soon, and each sixth much later. `late`: these give back all of the order."""
    sold: dict[int, Lines] = {}

    def counts(change: Change) -> Lines:
        known = change.kind == "sale" or change.order % 6 or not late
        return change.lines if known else sold[change.order]

    shop = Shop(named=named, counts=counts, orders=0)
    for order in range(120):
        first, second = SKUS[order % 8], SKUS[(order + 1) % 8]
        sold[order] = ((first, order % 7 + 2), (second, order % 5 + 1))
        shop.happen(Change("sale", order, "mercado", sold[order]))
        for before, every in ((2, 5), (48, 6)):
            old = order - before
            if old > 0 and old % every == 0 and (every == 6 or old % 6):
                shop.happen(Change("returned", old, "mercado", ((SKUS[old % 8], 1),)))
    return shop.history()


@pytest.mark.parametrize("named", NAMED)
def test_orders_that_are_not_known_any_more_are_told_from_those_that_are(named: bool) -> None:
    found = diagnosed(kept_for_a_while(named=named, late=True))
    assert found["order_arithmetic"].cause.startswith(
        "a return or cancellation more than 1 s after its sale gives back all"
    )
    assert "keep what was written for an order" in found["order_arithmetic"].remedy


@pytest.mark.parametrize("named", NAMED)
def test_late_returns_that_are_counted_well_are_no_rule(named: bool) -> None:
    assert "order_arithmetic" not in diagnosed(kept_for_a_while(named=named, late=False))


def undone(counts: dict[tuple[str, int], Lines], *, named: bool, sale_last: bool = False) -> History:
    """Six orders of nine units and one, of which some units and then one come back, before the rest is cancelled."""
    shop = Shop(named=named, counts=lambda one: counts.get((one.kind, one.order), one.lines))
    for order, lines in SOLD.items():
        (first, _), second = lines
        after = [
            Change("returned", order, "bazaar", ((first, FIRST[order]),)),
            Change("returned", order, "bazaar", ((first, 1),), part=1),
            Change("cancelled", order, "bazaar", ((first, 8 - FIRST[order]), second)),
        ]
        sale = Change("sale", order, "bazaar", ((first, 9), second))
        for change in (*after, sale) if sale_last else (sale, *after):
            shop.happen(change)
    return shop.history()


@pytest.mark.parametrize("named", NAMED)
def test_a_cancellation_that_knows_the_last_of_two_returns(named: bool) -> None:
    wrong: dict[tuple[str, int], Lines] = {
        ("cancelled", order): ((lines[0][0], 8), lines[1]) for order, lines in SOLD.items()
    }
    found = diagnosed(undone(wrong, named=named))
    assert found["order_arithmetic"].cause.startswith("of several returns of an order its cancellation knows the last")


@pytest.mark.parametrize("named", NAMED)
def test_a_cancellation_that_knows_neither_of_two_returns(named: bool) -> None:
    wrong: dict[tuple[str, int], Lines] = {
        ("cancelled", order): ((lines[0][0], 9), lines[1]) for order, lines in SOLD.items()
    }
    found = diagnosed(undone(wrong, named=named))
    assert "a cancellation gives back again what a return had given back" in found["order_arithmetic"].cause


@pytest.mark.parametrize("named", NAMED)
def test_an_order_that_comes_after_its_returns_and_its_cancellation_and_is_left_out(named: bool) -> None:
    wrong: dict[tuple[str, int], Lines] = {(kind, order): () for order in SOLD for kind in ("sale", "cancelled")}
    found = diagnosed(undone(wrong, named=named, sale_last=True))
    assert found["order_arithmetic"].cause.startswith("an order that comes after its returns and its cancellation")


@pytest.mark.parametrize("named", NAMED)
@pytest.mark.parametrize("sale_last", [True, False])
def test_orders_that_are_undone_and_counted_well_are_no_rule(named: bool, sale_last: bool) -> None:
    assert "order_arithmetic" not in diagnosed(undone({}, named=named, sale_last=sale_last))


def written_again(*, well: bool = False) -> History:
    """Orders of which units come back. Of every second one the sale and the return are shown by one answer.

    A subject that reads orders writes the others once more as a whole, or, if it counts `well`, what came back.
    """
    held: dict[int, Lines] = {}
    shop = Shop(
        named=False,
        orders=0,
        counts=lambda one: held.get(one.order, one.lines) if one.kind == "returned" else one.lines,
    )
    for order in range(200, 216):
        first, second = SKUS[order % 8], SKUS[(order + 3) % 8]
        sold, alone = ((first, order % 5 + 2), (second, 1)), order % 2 == 0 and not well
        if alone:
            held[order] = ((first, -(order % 5 + 1)), (second, -1))
        shop.happen(Change("sale", order, "bazaar", sold))
        if order % 2 == 0:
            show(shop, order)
        shop.happen(Change("returned", order, "bazaar", ((first, 1),)))
        show(shop, order)
    return shop.history()


def show(shop: Shop, order: int) -> None:
    """An answer of bazaar shows an order."""
    shop.call("GET orders", api="bazaar")
    shop.facts.append(f.OrdersShown(ns(shop.ms + 30), shop.requests - 1, "bazaar", (order,)))


def test_orders_that_are_written_again_unless_their_news_came_in_one_answer() -> None:
    cause = diagnosed(written_again())["order_arithmetic"].cause
    assert "is then written once more as a whole, once for all news that come in one answer: the master is" in cause


def test_news_that_are_counted_well_are_no_rule_however_they_were_shown() -> None:
    assert "order_arithmetic" not in diagnosed(written_again(well=True))


def test_what_an_answer_shows_before_a_webhook_tells_it_was_heard_then() -> None:
    """The webhook of a return came after that of the cancellation."""
    (order, lines), *_ = SOLD.items()
    shop = Shop(orders=0)
    for kind, units in (("sale", lines), ("cancelled", left(order)), ("returned", ((lines[0][0], BACK[order]),))):
        shop.happen(Change(kind, order, "bazaar", units))
    (told,) = stories(shop.history())
    assert told.cancelled_first
    back = next(fact for fact in shop.facts if isinstance(fact, f.OrderReturned))
    shop.facts[shop.facts.index(back)] = replace(back, at_ns=ns(60))
    shop.facts.append(f.OrdersShown(ns(70), 0, "bazaar", (order,)))
    (shown,) = stories(shop.history())
    assert not shown.cancelled_first
    assert [one.kind for one in shown.news] == ["sale", "returned", "cancelled"]
