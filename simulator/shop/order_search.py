"""Conditions on the own store's orders, and the orders that fulfil them, in pages.

The book answers from its columns and indexes and decodes only the orders of a page, so a search costs the same memory
with a million orders as with ten.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from stockstorm.simulator.events.order_sums import closed_ns
from stockstorm.simulator.model import Order, Written
from stockstorm.simulator.shop.records import INT_MAX, Records, Value, within

Column = Literal["created_ns", "updated_ns", "id"]
Key = tuple[int, int]  # sort value and order id
SEPARATOR: Final = "\x1f"  # between the SKUs of an order


class Condition(msgspec.Struct, frozen=True):
    """A test of orders. The functions below make the possible ones."""

    sql: str
    values: tuple[Value, ...] = ()


ANY: Final = Condition("1")
NEVER: Final = Condition("0")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def between(column: Column, low: int, high: int) -> Condition:
    """The value is in [low, high)."""
    return Condition(f"{column} >= ? AND {column} < ?", (within(low), within(high)))


def one_of(ids: Sequence[int]) -> Condition:
    """The id is one of these."""
    marks = ", ".join("?" * len(ids))
    return Condition(f"id IN ({marks})", tuple(map(within, ids)))


CANCELLED: Final = 1  # of the column `cancelled`: 0 is an open order
ARCHIVED: Final = 2  # paid and shipped as a whole


def ended(order: Order) -> int:
    """How an order ended, as the column `cancelled` has it."""
    if order.cancelled_ns is not None:
        return CANCELLED
    return 0 if closed_ns(order) is None else ARCHIVED


def closed(wanted: bool) -> Condition:
    """The order is closed, or is not."""
    return Condition("cancelled > 0" if wanted else "cancelled = 0")


def cancelled() -> Condition:
    """The order is cancelled."""
    return Condition(f"cancelled = {CANCELLED}")


def status(wanted: str, *, prefix: bool) -> Condition:
    """The financial status begins with `wanted`, or equals it. `wanted` is in lower case."""
    if prefix:
        return Condition("substr(status, 1, length(?)) = ?", (wanted, wanted))
    return Condition("status = ?", (wanted,))


def name(wanted: str, *, prefix: bool) -> Condition:
    """The number, with or without "#", begins with `wanted`, or equals it."""
    digits = wanted.removeprefix("#")
    if prefix:
        return Condition(_scanned("by_number", "substr('#' || number, 1, length(?)) = ?"), ("#" + digits, "#" + digits))
    if not _NUMBER.fullmatch(digits):
        return NEVER
    return Condition("number = ?", (int(digits),))


def sku(wanted: str, *, prefix: bool) -> Condition:
    """A line has a SKU that begins with `wanted`, or equals it. `wanted` is in lower case."""
    if SEPARATOR in wanted:
        return NEVER
    text = SEPARATOR + wanted + ("" if prefix else SEPARATOR)
    return Condition(_scanned("by_skus", "instr(skus, ?) > 0"), (text,))


# What the subject gave of its own orders is one text of words, each after its kind. Other orders have none.
Word = Literal[
    "name", "email", "tag", "source_name", "source_identifier", "po_number", "first_name", "last_name", "test"
]


def words_of(written: Written) -> str:
    """The words by which an order of the subject is found."""
    words = [
        ("name", written.name),
        ("email", written.email),
        ("source_name", written.source_name),
        ("source_identifier", written.source_identifier),
        ("po_number", written.po_number),
        ("first_name", written.first_name),
        ("last_name", written.last_name),
        ("test", "true" if written.test else None),
        *(("tag", tag) for tag in written.tags),
    ]
    texts = [f"{kind}={text.casefold()}" for kind, text in words if text]
    return SEPARATOR.join(["", *texts, ""])


def word(kind: Word, wanted: str, *, prefix: bool) -> Condition:
    """The subject gave a word of this kind that begins with `wanted`, or equals it. `wanted` is in lower case."""
    if SEPARATOR in wanted:
        return NEVER
    text = f"{SEPARATOR}{kind}={wanted}" + ("" if prefix else SEPARATOR)
    found = "SELECT id FROM orders INDEXED BY by_words WHERE words IS NOT NULL AND instr(words, ?) > 0"
    return Condition(f"id IN ({found})", (text,))


def written() -> Condition:
    """The subject created the order."""
    return Condition("id IN (SELECT id FROM orders INDEXED BY by_words WHERE words IS NOT NULL)")


def buyers(wanted: Sequence[int]) -> Condition:
    """One of these buyers, who are in ascending order, placed the order."""
    if not wanted:
        return NEVER
    if wanted[-1] - wanted[0] == len(wanted) - 1:  # all of a range; a long list takes SQLite long to read
        found = "SELECT id FROM orders INDEXED BY by_buyer WHERE buyer BETWEEN ? AND ?"
        return Condition(f"id IN ({found})", (wanted[0], wanted[-1]))
    ids = ",".join(str(int(each)) for each in wanted)
    found = f"SELECT id FROM orders INDEXED BY by_buyer WHERE buyer IN ({ids})"  # noqa: S608 - numbers
    return Condition(f"id IN ({found})")


def shipped(wanted: str) -> Condition:
    """How much of the order is shipped: unfulfilled, partial or fulfilled."""
    return Condition("shipped = ?", (wanted,))


class Conditions:
    """Joins conditions: the algebra of a search."""

    def every(self, tests: list[Condition]) -> Condition:
        return self._joined(" AND ", tests)

    def some(self, tests: list[Condition]) -> Condition:
        return self._joined(" OR ", tests)

    def no(self, test: Condition) -> Condition:
        return Condition(f"NOT coalesce(({test.sql}), 0)", test.values)

    def _joined(self, word: str, tests: list[Condition]) -> Condition:
        return Condition(word.join(f"({each.sql})" for each in tests), tuple(v for each in tests for v in each.values))


def _scanned(index: str, test: str) -> str:
    """A test of one column, for which its index is scanned, because that is smaller than the orders."""
    return f"id IN (SELECT id FROM orders INDEXED BY {index} WHERE {test})"  # noqa: S608 - constants


class FoundOrders:
    """The own store's orders that fulfil every condition. `records` gives the records with all orders in them."""

    def __init__(
        self, records: Callable[[], Records], decode: Callable[[bytes], Order], conditions: Sequence[Condition] = ()
    ) -> None:
        self._records, self._decode = records, decode
        self._where = " AND ".join(["1", *(f"({each.sql})" for each in conditions)])
        self._values = tuple(value for each in conditions for value in each.values)

    def count(self, limit: int | None = None) -> int:
        """Their number. Counting stops at `limit`."""
        inner = f"SELECT 1 FROM orders WHERE {self._where} LIMIT ?"  # noqa: S608 - made of constants of this file
        bound = INT_MAX if limit is None else within(limit)
        (number,) = self._records().row(f"SELECT count(*) FROM ({inner})", (*self._values, bound))  # noqa: S608 - as above
        return int(number)

    def sorted_by(self, column: Column) -> "SortedOrders":
        """The orders, sorted by a column and then by id."""
        return SortedOrders(self, column)

    def read(self, where: str, values: Sequence[Value], order: str, limit: int) -> list[Order]:
        """At most `limit` orders that fulfil one more condition, in an order of columns."""
        query = f"SELECT body FROM orders WHERE {self._where}{where} ORDER BY {order} LIMIT ?"  # noqa: S608 - as above
        return [self._decode(body) for (body,) in self._records().rows(query, (*self._values, *values, limit))]


class SortedOrders(msgspec.Struct, frozen=True):
    """Orders by a sort key, which is the value of a column and the id."""

    found: FoundOrders
    column: Column

    def between(self, low: Key | None, high: Key | None, limit: int, *, descending: bool = False) -> list[Order]:
        """At most `limit` orders whose key lies between two keys, both exclusive; None is unbounded."""
        where, values = "", list[Value]()
        for key, sign in ((low, ">"), (high, "<")):
            if key is not None:
                where += f" AND ({self.column}, id) {sign} (?, ?)"
                values += [within(key[0]), within(key[1])]
        order = f"{self.column} DESC, id DESC" if descending else f"{self.column}, id"
        return self.found.read(where, values, order, limit)
