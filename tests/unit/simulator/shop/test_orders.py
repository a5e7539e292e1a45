import msgspec

from stockstorm.simulator.model import Order, OrderKey, Product, Refund, RefundLine, Sku
from stockstorm.simulator.plan.items import PlannedPurchase, PlannedReturn
from stockstorm.simulator.shop.lines import left
from stockstorm.simulator.shop.order_search import between, status
from stockstorm.simulator.shop.orders import (
    UNWRITTEN_MAX,
    WRITTEN_AT_ONCE,
    OrderBook,
    cancelled,
    paid,
    returned,
    times_updated,
    token_of,
)

MUG = Product(Sku("MUG"), 31, 2, 11, 5, 3, "Mug", "mug", "V", "Mug", 150, 10, 10, False)
HAT = Product(Sku("HAT"), 32, 3, 12, 5, 4, "Hat", "hat", "V", "Hat", 990, 10, 10, False)


def purchase(key: int, channel: str = "online") -> PlannedPurchase:
    return PlannedPurchase(0, 0, OrderKey(key), channel, 3, ((Sku("MUG"), 2), (Sku("HAT"), 1)))


def opened(book: OrderBook, key: int, channel: str = "online") -> Order:
    return book.open(purchase(key, channel), [MUG, HAT], 50)


def return_of(key: int, restock: bool = True) -> PlannedReturn:
    return PlannedReturn(0, 0, OrderKey(key), ((Sku("HAT"), 1),), restock)


def test_an_order_has_the_prices_at_the_time_of_purchase() -> None:
    order = opened(OrderBook(), 7)
    assert [(line.sku, line.quantity, line.price_minor) for line in order.lines] == [("MUG", 2, 150), ("HAT", 1, 990)]
    assert (order.key, order.channel, order.buyer, order.created_ns, order.updated_ns) == (7, "online", 3, 50, 50)


def test_orders_are_numbered_by_channel_and_have_the_channels_reference() -> None:
    book = OrderBook()
    orders = [opened(book, key, channel) for key, channel in enumerate(("online", "bazaar", "bazaar", "online"))]
    assert [order.number for order in orders] == [1001, 1001, 1002, 1002]
    assert [order.ref for order in orders] == [
        str(orders[0].order_id),
        "bazaar-1001",
        "bazaar-1002",
        str(orders[3].order_id),
    ]


def test_ids_are_derived_from_the_key_and_equal_in_every_run() -> None:
    book = OrderBook()
    opened(book, 1)
    late, alone = opened(book, 9), opened(OrderBook(), 9)
    assert (late.order_id, [line.line_id for line in late.lines]) == (
        alone.order_id,
        [line.line_id for line in alone.lines],
    )


def test_the_own_stores_orders_have_their_newest_value_by_id_and_in_order() -> None:
    book = OrderBook()
    first, market, second = opened(book, 0), opened(book, 1, "bazaar"), opened(book, 2)
    changed = paid(first, 60)
    assert changed is not None
    book.replace(changed)
    assert book.own().sorted_by("created_ns").between(None, None, 9) == [changed, second]
    assert book.own_by_id(first.order_id) == book.get(OrderKey(0)) == changed
    assert book.own_by_id(market.order_id) is None
    assert book.get(OrderKey(1)) == market


def test_orders_are_the_same_before_they_are_written_and_after() -> None:
    book, count = OrderBook(), 2 * (UNWRITTEN_MAX + WRITTEN_AT_ONCE)
    orders = [opened(book, key, "bazaar" if key % 2 else "online") for key in range(count)]
    for place in (0, 1, count - 2):
        changed = paid(orders[place], 60)
        assert changed is not None
        orders[place] = changed
        book.replace(changed)
    for _ in range(2):
        assert [book.get(OrderKey(key)) for key in range(count)] == orders
        assert [book.own_by_id(order.order_id) for order in orders[:2]] == [orders[0], None]
        assert book.own().sorted_by("created_ns").between(None, None, count) == orders[::2]  # all are written then
        assert book.own([between("updated_ns", 60, 61)]).count() == 2


def test_an_order_that_changes_after_it_was_written_is_found_by_its_new_state_alone() -> None:
    book = OrderBook()
    order = opened(book, 0)
    assert book.own([status("paid", prefix=False)]).count() == 0
    changed = paid(order, 60)
    assert changed is not None
    book.replace(changed)
    assert book.own([status("paid", prefix=False)]).count() == book.own().count() == 1
    assert book.own([status("pending", prefix=False)]).count() == 0


def test_a_refused_purchase_has_no_order() -> None:
    assert OrderBook().get(OrderKey(3)) is None


def test_an_order_is_paid_once() -> None:
    order = paid(opened(OrderBook(), 1), 60)
    assert order is not None
    assert (order.paid_ns, order.updated_ns, order.created_ns) == (60, 60, 50)
    assert paid(order, 70) is None


def test_a_cancelled_order_is_neither_paid_nor_returned_nor_cancelled_again() -> None:
    change = cancelled(opened(OrderBook(), 1), 60)
    assert change is not None
    order = change.order
    assert (order.cancelled_ns, order.refunds, change.refund) == (60, (), None)
    assert (paid(order, 70), cancelled(order, 70), returned(order, return_of(1), 70)) == (None, None, None)


def test_a_return_names_the_lines_that_came_back() -> None:
    order = opened(OrderBook(), 1)
    change = returned(order, return_of(1), 60)
    assert change is not None
    after, refund = change
    assert refund == Refund(refund.refund_id, 60, (RefundLine(order.lines[1].line_id, Sku("HAT"), 1),), True)
    assert (after.refunds, after.updated_ns) == ((refund,), 60)


def test_what_has_come_back_does_not_come_back_again() -> None:
    change = returned(opened(OrderBook(), 1), return_of(1), 60)
    assert change is not None
    assert returned(change[0], return_of(1), 70) is None


def test_an_order_comes_back_in_two_parts_at_most() -> None:
    book = OrderBook()
    order, mug = opened(book, 1), msgspec.structs.replace(return_of(1), lines=((Sku("MUG"), 1),))
    for at_ns in (60, 70):
        change = returned(order, mug, at_ns)
        assert change is not None
        order = change[0]
        book.replace(order)
    assert [refund.at_ns for refund in order.refunds] == [60, 70]
    assert left(order) == [("HAT", 1)]
    assert returned(order, return_of(1), 80) is None


def test_a_return_of_units_that_are_no_longer_there_is_void() -> None:
    order = opened(OrderBook(), 1)
    both = msgspec.structs.replace(return_of(1), lines=((Sku("MUG"), 2),))
    change = returned(order, both, 60)
    assert change is not None
    assert returned(change[0], both, 70) is None


def test_a_cancellation_after_a_return_gives_back_what_is_left() -> None:
    order = opened(OrderBook(), 1)
    assert left(order) == [("MUG", 2), ("HAT", 1)]
    change = returned(order, return_of(1), 60)
    assert change is not None
    gone = cancelled(change[0], 70)
    assert gone is not None
    after = gone.order
    assert (after.cancelled_ns, after.refunds, left(after)) == (70, change[0].refunds, [("MUG", 2)])
    assert (gone.units, gone.held) == ([("MUG", 0, 2)], None)


def test_a_paid_order_is_refunded_when_it_is_cancelled() -> None:
    order = paid(opened(OrderBook(), 1), 55)
    assert order is not None
    change = returned(order, return_of(1), 60)
    assert change is not None
    gone = cancelled(change[0], 70)
    assert gone is not None
    assert gone.refund is not None
    rows = (RefundLine(order.lines[0].line_id, Sku("MUG"), 2),)
    assert gone.refund == Refund(gone.refund.refund_id, 70, rows, True, cancelled=True, note="", shipping_minor=495)
    assert gone.order.refunds == (change[1], gone.refund)
    assert gone.refund.refund_id != change[1].refund_id


def test_a_marketplace_s_order_is_cancelled_without_a_refund_of_the_shop() -> None:
    order = paid(opened(OrderBook(), 1, channel="bazaar"), 55)
    assert order is not None
    gone = cancelled(order, 70)
    assert gone is not None
    assert (gone.refund, gone.order.refunds) == (None, ())


def test_a_return_of_one_of_two_lines_with_one_sku_names_that_line() -> None:
    bought = PlannedPurchase(0, 0, OrderKey(1), "online", 3, ((Sku("HAT"), 1), (Sku("HAT"), 2)))
    order = OrderBook().open(bought, [HAT, HAT], 50)
    change = returned(order, PlannedReturn(0, 0, OrderKey(1), ((Sku("HAT"), 2),), True), 60)
    both = returned(order, PlannedReturn(0, 0, OrderKey(1), ((Sku("HAT"), 1), (Sku("HAT"), 1)), True), 60)
    assert change is not None
    assert both is not None
    assert [line.line_id for line in change[1].lines] == [order.lines[1].line_id]
    assert [line.line_id for line in both[1].lines] == [line.line_id for line in order.lines]
    assert left(change[0]) == [("HAT", 1)]


def test_updates_of_an_order_are_counted() -> None:
    order = opened(OrderBook(), 1)
    settled = paid(order, 60)
    assert settled is not None
    change = returned(settled, return_of(1), 70)
    assert change is not None
    assert [times_updated(one) for one in (order, settled, change[0])] == [0, 1, 2]


def test_two_marketplaces_can_have_an_order_of_the_same_number() -> None:
    book = OrderBook(plain=True)
    bazaar, mercado = opened(book, 0, "bazaar"), opened(book, 1, "mercado")
    assert (bazaar.ref, mercado.ref) == ("1001", "1001")
    assert (token_of(bazaar), token_of(mercado)) == ("bazaar:1001", "mercado:1001")
    change = returned(mercado, return_of(1), 60)
    assert change is not None
    book.replace(change[0])
    assert (book.return_of("bazaar:1001"), book.return_of("mercado:1001")) == (None, change[1].refund_id)
