"""Conditions in the database agree with plain tests of every order, and hostile values are values."""

from collections.abc import Callable

import pytest

from stockstorm.simulator.events.order_sums import financial_status
from stockstorm.simulator.model import Order, OrderKey, Product, Sku
from stockstorm.simulator.plan.items import PlannedPurchase
from stockstorm.simulator.shop import order_search as search
from stockstorm.simulator.shop.order_search import Condition
from stockstorm.simulator.shop.orders import OrderBook, cancelled, paid

SKUS = ("MUG", "Mug-2", "HAT")


def stocked() -> OrderBook:
    """Orders 0 to 11, every second of a marketplace. Every third is paid, every fourth is cancelled later."""
    book = OrderBook()
    for key in range(12):
        sku = Sku(SKUS[key % 3])
        product = Product(sku, 31, 2, 11, 5, 3, "Mug", "mug", "V", "Mug", 150, 10, 10, False)
        channel = "bazaar" if key % 2 else "online"
        order = book.open(PlannedPurchase(0, 0, OrderKey(key), channel, 3, ((sku, 2),)), [product], 100 + key)
        changed = paid(order, 200 - key) if key % 3 == 0 else None
        book.replace(changed or order)
        if key % 4 == 0 and (gone := cancelled(changed or order, 300 + key)) is not None:
            book.replace(gone.order)
    return book


def orders(book: OrderBook, *conditions: Condition, column: search.Column = "id") -> list[Order]:
    return book.own(conditions).sorted_by(column).between(None, None, 99)


@pytest.mark.parametrize(
    ("condition", "test"),
    [
        (search.ANY, lambda _: True),
        (search.NEVER, lambda _: False),
        (search.between("created_ns", 102, 106), lambda order: 102 <= order.created_ns < 106),
        (search.between("updated_ns", 200, 1 << 70), lambda order: order.updated_ns >= 200),
        (search.closed(True), lambda order: order.cancelled_ns is not None),
        (search.closed(False), lambda order: order.cancelled_ns is None),
        (search.status("voided", prefix=False), lambda order: financial_status(order) == "voided"),
        (search.status("p", prefix=True), lambda order: financial_status(order).startswith("p")),
        (search.name("#1002", prefix=False), lambda order: order.number == 1002),
        (search.name("100", prefix=True), lambda _: True),
        (search.sku("mug", prefix=False), lambda order: order.lines[0].sku == "MUG"),
        (search.sku("mug", prefix=True), lambda order: order.lines[0].sku in ("MUG", "Mug-2")),
        (search.sku("ug", prefix=True), lambda _: False),
        (search.sku("mug\x1fhat", prefix=False), lambda _: False),
        (search.sku("' OR 1 --", prefix=False), lambda _: False),
        (search.name("1003", prefix=False), lambda order: order.number == 1003),
        (search.name("#1", prefix=True), lambda _: True),
        (search.name("#", prefix=True), lambda _: True),
        (search.name("01003", prefix=False), lambda _: False),
        (search.name("9" * 5_000, prefix=False), lambda _: False),
        (search.name("1003a", prefix=True), lambda _: False),
    ],
)
def test_a_condition_agrees_with_a_plain_test(condition: Condition, test: Callable[[Order], bool]) -> None:
    book = stocked()
    expected = [order for order in orders(book) if test(order)]
    assert orders(book, condition) == expected
    assert book.own([condition]).count() == len(expected)


def test_only_the_own_stores_orders_are_found_and_counting_stops_at_its_limit() -> None:
    book = stocked()
    assert [order.key for order in orders(book)] == [0, 2, 4, 6, 8, 10]
    assert (book.own().count(), book.own().count(4)) == (6, 4)


def test_orders_are_read_between_two_keys_in_either_direction() -> None:
    by_update = stocked().own().sorted_by("updated_ns")
    everything = by_update.between(None, None, 99)
    assert [order.updated_ns for order in everything] == sorted(order.updated_ns for order in everything)
    low, high = ((order.updated_ns, order.order_id) for order in (everything[0], everything[4]))
    assert by_update.between(low, high, 99) == everything[1:4]
    assert by_update.between(low, high, 2, descending=True) == everything[3:1:-1]


def test_a_refund_of_no_order_is_not_found() -> None:
    assert stocked().own_by_refund(1 << 80) is None
    assert stocked().own_by_id(-(1 << 80)) is None


def steps(orders_in_book: int, *conditions: Condition, column: search.Column, count: bool = False) -> int:
    """What SQLite executes for a page, in hundreds of its instructions."""
    book, sku, steps_taken = OrderBook(), Sku("MUG"), 0
    product = Product(sku, 31, 2, 11, 5, 3, "Mug", "mug", "V", "Mug", 150, 10, 10, False)
    for key in range(orders_in_book):
        order = book.open(PlannedPurchase(0, 0, OrderKey(key), "online", 3, ((sku, 2),)), [product], 100 + key)
        if key == 5 and (gone := cancelled(order, 10_000)) is not None:
            book.replace(gone.order)

    assert book.own().count() == orders_in_book  # all are written before the search

    def step() -> None:
        nonlocal steps_taken
        steps_taken += 1

    book._records._connection.set_progress_handler(step, 100)
    found = book.own(conditions)
    _ = found.count(20) if count else found.sorted_by(column).between(None, None, 20)
    return steps_taken


@pytest.mark.parametrize(
    ("conditions", "column"),
    [
        ((), "created_ns"),
        ((), "updated_ns"),
        ((search.between("updated_ns", 10_000, 1 << 60),), "updated_ns"),
        ((search.between("created_ns", 200, 210),), "created_ns"),
        ((search.status("voided", prefix=False),), "created_ns"),
        ((search.name("#1100", prefix=False),), "created_ns"),
    ],
)
def test_a_page_of_ten_times_as_many_orders_takes_as_many_steps(
    conditions: tuple[Condition, ...], column: search.Column
) -> None:
    assert steps(2_000, *conditions, column=column) <= 2 * max(1, steps(200, *conditions, column=column))


@pytest.mark.parametrize(
    "condition",
    [search.closed(True), search.shipped("partial"), search.written(), search.sku("mug", prefix=True)],
    ids=["cancelled", "shipped", "written", "sku"],
)
def test_a_search_of_all_orders_reads_indexes_and_not_the_orders_themselves(condition: Condition) -> None:
    """The orders are in a temporary file, from which reading 60,000 of them takes 30 ms and their index 3."""
    query = f"EXPLAIN QUERY PLAN SELECT 1 FROM orders WHERE {condition.sql}"  # noqa: S608 - constants
    plan = [detail for *_, detail in OrderBook()._records.rows(query, condition.values)]
    assert any("COVERING INDEX" in detail for detail in plan), plan
    assert all("COVERING INDEX" in detail for detail in plan if detail.startswith("SCAN orders")), plan
