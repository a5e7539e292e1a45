"""Accepted orders of all channels: numbers, changes and lookup."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

import msgspec

from stockstorm.simulator.events.encoding import derived_id
from stockstorm.simulator.events.order_sums import (
    financial_status,
    received,
    refund_total,
    refunded_units,
    shipping_price,
    shipping_status,
)
from stockstorm.simulator.ids import LIVE_IDS, Ids, ids_beside
from stockstorm.simulator.model import (
    FIRST_ORDER_NUMBER,
    FIRST_WRITTEN_KEY,
    ONLINE,
    Drawn,
    Order,
    OrderKey,
    OrderLine,
    Product,
    Refund,
    RefundLine,
    Sku,
    Written,
)
from stockstorm.simulator.plan.items import PlannedPurchase, PlannedReturn
from stockstorm.simulator.shop.lines import Place, held, left_at, split, still_drawn
from stockstorm.simulator.shop.order_search import SEPARATOR, Condition, FoundOrders, ended, words_of
from stockstorm.simulator.shop.records import Records, Value, within

# Ids are derived from the order's key, so a purchase has the same ids in every run of a seed.
LINE_IDS_PER_ORDER = 32
FIRST_CANCELLED: Final = 10_000_000_000  # of the refunds that cancellations make, above those of returns
FIRST_AGAIN: Final = 20_000_000_000  # of second returns


_SCHEMA: Final = (
    """CREATE TABLE orders (
        id INTEGER PRIMARY KEY, created_ns INTEGER, updated_ns INTEGER, number INTEGER,
        cancelled INTEGER, status TEXT, skus TEXT, buyer INTEGER, shipped TEXT, words TEXT, body BLOB)""",
    "CREATE INDEX by_creation ON orders (created_ns, id, cancelled, shipped)",
    "CREATE INDEX by_update ON orders (updated_ns, id, cancelled, shipped)",
    "CREATE INDEX by_status ON orders (status, created_ns, id)",
    "CREATE INDEX by_number ON orders (number)",
    "CREATE INDEX by_skus ON orders (skus)",
    "CREATE INDEX by_buyer ON orders (buyer)",
    "CREATE INDEX by_words ON orders (words) WHERE words IS NOT NULL",
    "CREATE TABLE others (id INTEGER PRIMARY KEY, body BLOB)",
    "CREATE TABLE refunds (id INTEGER PRIMARY KEY, order_id INTEGER)",
    "CREATE TABLE parcels (id INTEGER PRIMARY KEY, order_id INTEGER)",
    "CREATE TABLE returned (token TEXT, id INTEGER, PRIMARY KEY (token, id))",
)
_OF_THE_STORE: Final = "SELECT body FROM orders WHERE id = ?"
_OF_MARKETPLACES: Final = "SELECT body FROM others WHERE id = ?"
UNWRITTEN_MAX: Final = 1_000  # orders, of about 1 KB; most changes follow a purchase soon, and then cost no row
WRITTEN_AT_ONCE: Final = 32


def token_of(order: Order) -> str:
    """How a marketplace's order is named where several marketplaces meet: "mercado:mercado-1001"."""
    return f"{order.channel}:{order.ref}"


class OrderBook:
    """The current value of every order. Those of the own store can be searched.

    `plain`: marketplaces name their orders by a number alone, which two of them can have in common.
    """

    def __init__(self, ids: Ids = LIVE_IDS, *, plain: bool = False) -> None:
        self._ids, self._plain = ids, plain
        self._records = Records(*_SCHEMA)
        self._numbers: dict[str, int] = {}
        self._written = self._refunds = self._parcels = 0  # of the subject so far
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Order).decode
        # By id, those that changed last at the end.
        self._unwritten: dict[int, Order] = {}
        self._others_unwritten: dict[int, Order] = {}

    def open(
        self, item: PlannedPurchase, products: Sequence[Product], now_ns: int, drawn: tuple[Drawn, ...] = ()
    ) -> Order:
        """Create the order of an accepted purchase. `products` has one product for each line."""
        key, channel = item.order, item.channel
        number = self._numbers.get(channel, FIRST_ORDER_NUMBER)
        self._numbers[channel] = number + 1
        order_id, first_line = self._ids.order.of(key), key * LINE_IDS_PER_ORDER
        line_id = self._ids.line.of
        lines = tuple(
            [
                OrderLine(line_id(first_line + n), sku, quantity, products[n].price_minor)
                for n, (sku, quantity) in enumerate(item.lines)
            ]
        )
        ref = str(order_id) if channel == ONLINE else str(number) if self._plain else f"{channel}-{number}"
        buyer = -1 if item.origin == "pos" else item.buyer
        order = Order(key, order_id, ref, number, channel, buyer, lines, now_ns, now_ns, drawn=drawn)
        if item.origin != "web" or item.large_kb:
            order = msgspec.structs.replace(order, origin=item.origin, large_kb=item.large_kb)
        self._keep(order)
        return order

    def write(self, lines: Sequence[tuple[Product, int, int]], written: Written, now_ns: int, paid: bool) -> Order:
        """Create an order of the subject. A line is a product, its units and the price of one in minor units."""
        key = OrderKey(FIRST_WRITTEN_KEY + self._written)
        self._written += 1
        number = self._numbers.get(ONLINE, FIRST_ORDER_NUMBER)
        self._numbers[ONLINE] = number + 1
        order_id, first_line = self._ids.order.of(key), key * LINE_IDS_PER_ORDER
        rows = tuple(
            OrderLine(self._ids.line.of(first_line + n), product.sku, units, price)
            for n, (product, units, price) in enumerate(lines)
        )
        paid_ns, ref = now_ns if paid else None, str(order_id)
        order = Order(key, order_id, ref, number, ONLINE, -1, rows, now_ns, now_ns, paid_ns, written=written)
        self._keep(order)
        return order

    def replace(self, order: Order) -> None:
        """Store the new value of a known order."""
        self._unwritten.pop(order.order_id, None)
        self._keep(order)

    def _keep(self, order: Order) -> None:
        if order.channel != ONLINE:
            others = self._others_unwritten
            others[order.order_id] = order
            if len(others) >= WRITTEN_AT_ONCE:
                self._write_others()
            return
        own = self._unwritten
        own[order.order_id] = order
        if len(own) >= UNWRITTEN_MAX + WRITTEN_AT_ONCE:
            self._write([own.pop(order_id) for order_id in list(islice(own, WRITTEN_AT_ONCE))])

    def _complete(self) -> Records:
        """The records, with all orders in them."""
        if self._unwritten:
            orders, self._unwritten = list(self._unwritten.values()), {}
            self._write(orders)
        if self._others_unwritten:
            self._write_others()
        return self._records

    def _write(self, orders: Sequence[Order]) -> None:
        """Write orders of the own store."""
        parcels = [(each.fulfilment_id, order.order_id) for order in orders for each in order.fulfilments]
        refunds = [(each.refund_id, order.order_id) for order in orders for each in order.refunds]
        write = self._records.write_all
        write("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(self._row, orders))
        write("INSERT OR IGNORE INTO parcels VALUES (?, ?)", parcels)
        write("INSERT OR IGNORE INTO refunds VALUES (?, ?)", refunds)

    def _write_others(self) -> None:
        """Write those of marketplaces that wait."""
        orders, encode = self._others_unwritten, self._encode
        returned = [(token_of(order), each.refund_id) for order in orders.values() for each in order.refunds]
        write = self._records.write_all
        write("INSERT OR REPLACE INTO others VALUES (?, ?)", [(key, encode(order)) for key, order in orders.items()])
        write("INSERT OR IGNORE INTO returned VALUES (?, ?)", returned)
        orders.clear()

    def _row(self, order: Order) -> tuple[Value, ...]:
        """An order of the own store, in the columns of its table."""
        return (
            order.order_id,
            order.created_ns,
            order.updated_ns,
            order.number,
            ended(order),
            financial_status(order),
            SEPARATOR.join(["", *[line.sku.casefold() for line in order.lines], ""]),
            order.buyer,
            shipping_status(order),
            None if order.written is None else words_of(order.written),
            self._encode(order),
        )

    def next_refund(self) -> int:
        """An id for a refund of the subject."""
        self._refunds += 1
        return self._ids.refund.of(FIRST_WRITTEN_KEY + self._refunds)

    def next_parcel(self) -> int:
        """An id for a parcel."""
        self._parcels += 1
        return derived_id("parcel", self._ids.order.of(FIRST_WRITTEN_KEY), self._parcels)

    def own_by_parcel(self, parcel_id: int) -> Order | None:
        """The order of a parcel."""
        row = self._complete().row("SELECT order_id FROM parcels WHERE id = ?", (within(parcel_id),))
        return None if row is None else self.own_by_id(row[0])

    def return_of(self, token: str, nth: int = 0) -> int | None:
        """The id of a return of a marketplace's order, by "channel:reference". There are two at most, from 0."""
        row = self._complete().row("SELECT id FROM returned WHERE token = ? ORDER BY id LIMIT 1 OFFSET ?", (token, nth))
        return None if row is None else int(row[0])

    def get(self, key: OrderKey) -> Order | None:
        """The order of a purchase. None if the purchase was refused or has not happened yet."""
        order_id = self._ids.order.of(key)
        waiting = self._unwritten.get(order_id) or self._others_unwritten.get(order_id)
        return waiting or self._written_one(order_id, _OF_THE_STORE, _OF_MARKETPLACES)

    def begin_call(self) -> None:
        """A new API call begins, with a new allowance of work for its searches."""
        self._records.begin_call()

    def own(self, conditions: Sequence[Condition] = ()) -> FoundOrders:
        """The own store's orders that fulfil all conditions."""
        return FoundOrders(self._complete, self._decode, conditions)

    def own_by_id(self, order_id: int) -> Order | None:
        """An order of the own store by its Shopify id."""
        return self._unwritten.get(order_id) or self._written_one(order_id, _OF_THE_STORE)

    def own_by_refund(self, refund_id: int) -> tuple[Order, Refund] | None:
        """A refund of the own store, with its order."""
        row = self._complete().row("SELECT order_id FROM refunds WHERE id = ?", (within(refund_id),))
        order = None if row is None else self.own_by_id(row[0])
        refunds = () if order is None else order.refunds
        return next(((order, each) for each in refunds if order and each.refund_id == refund_id), None)

    def _written_one(self, order_id: int, *queries: str) -> Order | None:
        rows = (self._records.by_id(query, within(order_id)) for query in queries)
        body = next((row[0] for row in rows if row is not None), None)
        return None if body is None else self._decode(body)


def paid(order: Order, now_ns: int) -> Order | None:
    """The order after its payment. None if it was paid or cancelled before."""
    if order.paid_ns is not None or order.cancelled_ns is not None:
        return None
    return msgspec.structs.replace(order, paid_ns=now_ns, updated_ns=now_ns)


class Cancellation(msgspec.Struct, frozen=True):
    """A cancelled order, what of it comes back and to where, and what of that was still committed to it.

    `refund`: of what was paid. None if nothing was.
    """

    order: Order
    units: list[tuple[Sku, int, int]]  # SKU, location, units; as `left_at`
    held: Mapping[Place, int] | None  # None: all of them
    refund: Refund | None


def cancelled(order: Order, now_ns: int) -> Cancellation | None:
    """The cancellation of an order. None if it was cancelled before. Only the own store refunds here."""
    if order.cancelled_ns is not None:
        return None
    units = left_at(order)
    number = ids_beside(order.order_id).refund.of(FIRST_CANCELLED + order.key)
    own = order.channel == ONLINE
    refund = whole_refund(order, number, now_ns, restock=True, note="") if own and order.paid_ns is not None else None
    refunds = order.refunds if refund is None else (*order.refunds, refund)
    gone = msgspec.structs.replace(order, cancelled_ns=now_ns, updated_ns=now_ns, refunds=refunds)
    return Cancellation(gone, units, freed(order, gone), refund)


def freed(old: Order, new: Order) -> Mapping[Place, int] | None:
    """What of an order is no longer committed to it after a change. None: all that came back; nothing was shipped."""
    if not old.fulfilments:
        return None
    still = held(new) if new.cancelled_ns is None else {}
    return {place: units - still.get(place, 0) for place, units in held(old).items() if units > still.get(place, 0)}


def whole_refund(order: Order, refund_id: int, now_ns: int, *, restock: bool, note: str | None) -> Refund | None:
    """A refund of all units that are left, and of the shipping. None if no units are."""
    back, drawn = refunded_units(order), still_drawn(order) if order.drawn else []
    lines = tuple(
        RefundLine(line.line_id, line.sku, units, location)
        for line in order.lines
        if (left := line.quantity - back.get(line.line_id, 0)) > 0
        for location, units in split(line.sku, left, drawn)
    )
    if not lines:
        return None
    refund = Refund(refund_id, now_ns, lines, restock, cancelled=True, note=note, shipping_minor=shipping_price(order))
    if not order.edits:
        return refund
    given = sum(refund_total(order, each) for each in order.refunds)
    return msgspec.structs.replace(refund, discrepancy_minor=received(order) - given - refund_total(order, refund))


def returned(order: Order, item: PlannedReturn, now_ns: int) -> tuple[Order, Refund] | None:
    """The order after the return, and its refund.

    None if it was cancelled, returned twice, or refunded by somebody else before, and if less than that is left of it.
    """
    numbers = [ids_beside(order.order_id).refund.of(first + order.key) for first in (0, FIRST_AGAIN)]
    if order.cancelled_ns is not None or [each.refund_id for each in order.refunds] not in ([], numbers[:1]):
        return None
    back = refunded_units(order)
    open_lines, drawn = list(order.lines), still_drawn(order) if order.drawn else []
    lines = []
    for sku, quantity in item.lines:
        fitting = (one for one in open_lines if one.sku == sku and one.quantity - back.get(one.line_id, 0) >= quantity)
        line = next(fitting, None)
        if line is None:
            return None
        open_lines.remove(line)
        places = split(sku, quantity, drawn) if drawn else [(0, quantity)]
        lines += [RefundLine(line.line_id, sku, units, location) for location, units in places]
    refund = Refund(numbers[len(order.refunds)], now_ns, tuple(lines), item.restock)
    return msgspec.structs.replace(order, refunds=(*order.refunds, refund), updated_ns=now_ns), refund


def times_updated(order: Order) -> int:
    """How often the order has changed since its creation."""
    changes = (order.paid_ns is not None) + (order.cancelled_ns is not None)
    return changes + len(order.refunds) + len(order.fulfilments) + len(order.edits)
