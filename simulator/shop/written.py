"""What the subject does to orders of the own store: it creates some, and cancels, refunds and ships any.

An order that the subject creates stands for a sale elsewhere, so it moves the master's stock as an adjustment does, and
physical stock not at all. A cancellation or refund of a buyer's order has the effects that the plan's would have.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, Protocol

import msgspec

from stockstorm.simulator.history.facts import OrderCancelled, OrderReturned, OrderWritten, WrittenAs
from stockstorm.simulator.model import SHOPIFY, Fulfilment, Level, Order, Product, Refund, RefundLine, Sku, Written
from stockstorm.simulator.shop.firing import Action, Changes
from stockstorm.simulator.shop.ledger import Entry, Ledger, PhysicalStock
from stockstorm.simulator.shop.lines import Place, columns, left, left_at, split, still_drawn
from stockstorm.simulator.shop.orders import OrderBook, freed, times_updated, whole_refund

Claim = Literal["bypass", "ignoring_policy", "obeying_policy"]  # how an order takes its units from stock
Line = tuple[Product, int, int]  # product, units, price of one in minor units
ORDER_REFERENCES: Final = "urn:channel-orders:"  # the start of a reference that names orders of marketplaces


class NotEnough(Exception):
    """Too few units are available for the line at `index`. Nothing was changed."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"line {index}: too few units are available")


class Store(Protocol):
    """The shop's own store, as far as orders move its stock; `channels.OnlineStore` is one."""

    def move(
        self,
        units: Iterable[tuple[Sku, int, int]],
        entry: Entry,
        action: Action,
        *,
        promised: Mapping[Place, int] | None = None,
    ) -> list[tuple[Level, Sku]]: ...

    def leave(self, units: Iterable[tuple[Sku, int, int]], promised: Mapping[Place, int] | None = None) -> None: ...

    def ordered(self, order: Order, action: Action) -> None: ...


class Mover(msgspec.Struct, frozen=True):
    """The parts of a shop that a change of an order moves."""

    ledger: Ledger
    physical: PhysicalStock
    book: OrderBook
    by_sku: Mapping[Sku, Product]
    online: Store
    action: Callable[[int], Action]  # a new action at a time


class OrderWrites:
    """The commands. Each returns the order after it, and the changes."""

    def __init__(self, parts: Mover) -> None:
        self._parts = parts

    def create(
        self, lines: Sequence[Line], written: Written, claim: Claim, *, paid: bool, request: int, now_ns: int
    ) -> tuple[Order, Changes]:
        """A new order. Raises NotEnough."""
        if claim == "obeying_policy":
            self._require_enough(lines)
        action = self._parts.action(now_ns)
        order = self._parts.book.write(lines, msgspec.structs.replace(written, claimed=claim != "bypass"), now_ns, paid)
        units = [(product.sku, -quantity) for product, quantity, _ in lines]
        entry = Entry("subject_adjust", -1, written.reference, False, request)
        levels = self._parts.online.move(_at_first(units), entry, action) if claim != "bypass" else []
        self._note("created", order, units, request, action)
        action.order(SHOPIFY, "orders/create", order)
        if paid:
            action.order(SHOPIFY, "orders/paid", order)
        _fire(levels, order, action)
        self._parts.online.ordered(order, action)
        return order, action.changes

    def cancel(
        self, old: Order, reason: str, *, restock: bool, refund: bool, note: str | None, request: int, now_ns: int
    ) -> tuple[Order, Changes]:
        """The order cancelled, which it was not before. `refund`: what was paid for it goes back."""
        action, units = self._parts.action(now_ns), left(old)
        order = msgspec.structs.replace(old, cancelled_ns=now_ns, updated_ns=now_ns, cancel_reason=reason)
        made = None
        if refund and old.paid_ns is not None:
            made = whole_refund(old, self._parts.book.next_refund(), now_ns, restock=restock, note=note)
        if made is not None:
            order = msgspec.structs.replace(order, refunds=(*old.refunds, made))
        self._parts.book.replace(order)
        back = units if restock else []
        if old.written is None:
            action.note(OrderCancelled(now_ns, order.key, order.channel, order.ref, *columns(back)))
        levels = self._put_back(old, order, left_at(old), restock, "cancellation", ":cancelled", request, action)
        self._note("cancelled", order, back, request, action)
        if made is not None:
            action.order(SHOPIFY, "refunds/create", order, len(order.refunds), made)
        action.order(SHOPIFY, "orders/cancelled", order)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))
        _fire(levels, order, action)
        return order, action.changes

    def refund(
        self, old: Order, lines: tuple[RefundLine, ...], *, restock: bool, cancelled: bool, note: str | None,
        request: int, now_ns: int,
    ) -> tuple[Order, Refund, Changes]:  # fmt: skip
        """Some units of the order given back. `cancelled`: they had not been shipped."""
        action = self._parts.action(now_ns)
        refund = Refund(self._parts.book.next_refund(), now_ns, lines, restock, cancelled, note)
        order = msgspec.structs.replace(old, refunds=(*old.refunds, refund), updated_ns=now_ns)
        self._parts.book.replace(order)
        units = [(line.sku, line.quantity) for line in lines]
        if old.written is None:
            action.note(
                OrderReturned(
                    now_ns, order.key, order.channel, order.ref, refund.refund_id, *columns(units), restocked=restock
                )
            )
        back = [(line.sku, line.location_id, line.quantity) for line in lines]
        levels = self._put_back(old, order, back, restock, "return", self._returned_token(old), request, action)
        self._note("refunded", order, units, request, action)
        action.order(SHOPIFY, "refunds/create", order, len(order.refunds), refund)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))
        _fire(levels, order, action)
        return order, refund, action.changes

    def fulfil(self, old: Order, parcel: Fulfilment, *, request: int, now_ns: int) -> tuple[Order, Changes]:
        """A parcel of the order. Its units leave the shelf: they are no longer committed."""
        action = self._parts.action(now_ns)
        order = msgspec.structs.replace(old, fulfilments=(*old.fulfilments, parcel), updated_ns=now_ns)
        self._parts.book.replace(order)
        skus = {line.line_id: line.sku for line in order.lines}
        units = [(skus[line_id], quantity) for line_id, quantity in parcel.lines]
        if old.written is None or old.written.claimed:
            drawn = still_drawn(old, shipped=True)
            for sku, quantity in units:
                for location, part in split(sku, quantity, drawn):
                    self._parts.ledger.ship(self._parts.by_sku[sku], part, location)
        self._note("fulfilled", order, units, request, action)
        action.parcel(order)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))
        return order, action.changes

    def _put_back(
        self, old: Order, order: Order, units: list[tuple[Sku, int, int]], restock: bool,
        cause: Literal["cancellation", "return"], suffix: str, request: int, action: Action,
    ) -> list[tuple[Level, Sku]]:  # fmt: skip
        promised = freed(old, order) if old.written is None or old.written.claimed else {}
        if not restock:
            self._parts.online.leave(units, promised)
            return []
        if old.written is None:
            for sku, _, quantity in units:
                self._parts.physical.add(sku, quantity)
            entry = Entry(cause, old.key, request=request)
            return self._parts.online.move(units, entry, action, promised=promised)
        entry = Entry("subject_adjust", -1, _with_suffix(old.written.reference, suffix), False, request)
        return self._parts.online.move(units, entry, action, promised=promised)

    def _returned_token(self, order: Order) -> str:
        """The end of the token of the next return of the marketplace's order that this one stands for."""
        if order.written is None or not order.written.reference:
            return ""
        returned = self._parts.book.return_of(
            order.written.reference.removeprefix(ORDER_REFERENCES), len(order.refunds)
        )
        return "" if returned is None else f":returned:{returned}"

    def _require_enough(self, lines: Sequence[Line]) -> None:
        wanted: dict[Sku, int] = {}
        for index, (product, quantity, _) in enumerate(lines):
            wanted[product.sku] = wanted.get(product.sku, 0) + quantity
            if self._parts.ledger.available(product.inventory_item_id) < wanted[product.sku]:
                raise NotEnough(index)

    def _note(
        self, how: WrittenAs, order: Order, units: Sequence[tuple[Sku, int]], request: int, action: Action
    ) -> None:
        known = order.key if order.written is None else -1
        reference = "" if order.written is None else order.written.reference
        skus, quantities = columns(units)
        amounts = tuple(abs(quantity) for quantity in quantities)
        action.note(OrderWritten(action.now_ns, how, order.order_id, skus, amounts, request, known, reference))


def _at_first(units: Iterable[tuple[Sku, int]]) -> list[tuple[Sku, int, int]]:
    """An order of the subject takes its units from the first location of each item."""
    return [(sku, 0, quantity) for sku, quantity in units]


def _with_suffix(reference: str, suffix: str) -> str:
    """The reference of what happened later to the orders that it names; "" where that cannot be named."""
    if not reference.startswith(ORDER_REFERENCES) or not suffix:
        return ""
    tokens = reference.removeprefix(ORDER_REFERENCES).split(",")
    return ORDER_REFERENCES + ",".join(f"{token}{suffix}" for token in tokens)


def _fire(levels: Sequence[tuple[Level, Sku]], order: Order, action: Action) -> None:
    for level, sku in levels:
        action.stock(level, sku, order.key if order.written is None else -1)
