"""Accepted orders of all channels: numbers, changes and lookup."""

from collections.abc import Sequence

import msgspec

from stockstorm.simulator.model import (
    FIRST_ORDER_NUMBER,
    ONLINE,
    Order,
    OrderKey,
    OrderLine,
    Product,
    Refund,
    RefundLine,
)
from stockstorm.simulator.plan.items import PlannedPurchase, PlannedReturn

# Ids are derived from the order's key, so a purchase has the same ids in every run of a seed.
ORDER_ID_BASE = 5_812_300_000_000
LINE_ID_BASE = 14_320_500_000_000
REFUND_ID_BASE = 931_800_000_000
LINE_IDS_PER_ORDER = 32


class OrderBook:
    """The current value of every order. Those of the own store are also kept in order of creation."""

    def __init__(self) -> None:
        self._orders: dict[int, Order] = {}
        self._numbers: dict[str, int] = {}
        self._own: list[Order] = []
        self._own_index: dict[int, int] = {}

    def open(self, item: PlannedPurchase, products: Sequence[Product], now_ns: int) -> Order:
        """Create the order of an accepted purchase. `products` has one product for each line."""
        key, channel = item.order, item.channel
        number = self._numbers.get(channel, FIRST_ORDER_NUMBER)
        self._numbers[channel] = number + 1
        order_id, first_line = ORDER_ID_BASE + key, LINE_ID_BASE + key * LINE_IDS_PER_ORDER
        lines = tuple(
            OrderLine(first_line + n, sku, quantity, products[n].price_minor)
            for n, (sku, quantity) in enumerate(item.lines)
        )
        ref = str(order_id) if channel == ONLINE else f"{channel}-{number}"
        order = Order(key, order_id, ref, number, channel, item.buyer, lines, now_ns, now_ns)
        self._orders[key] = order
        if channel == ONLINE:
            self._own_index[order_id] = len(self._own)
            self._own.append(order)
        return order

    def replace(self, order: Order) -> None:
        """Store the new value of a known order."""
        self._orders[order.key] = order
        index = self._own_index.get(order.order_id)
        if index is not None:
            self._own[index] = order

    def get(self, key: OrderKey) -> Order | None:
        """The order of a purchase. None if the purchase was refused or has not happened yet."""
        return self._orders.get(key)

    def own(self) -> Sequence[Order]:
        """The own store's orders, oldest first. A view, which grows during the run."""
        return self._own

    def own_by_id(self, order_id: int) -> Order | None:
        """An order of the own store by its Shopify id."""
        index = self._own_index.get(order_id)
        return None if index is None else self._own[index]


def paid(order: Order, now_ns: int) -> Order | None:
    """The order after its payment. None if it was paid or cancelled before."""
    if order.paid_ns is not None or order.cancelled_ns is not None:
        return None
    return msgspec.structs.replace(order, paid_ns=now_ns, updated_ns=now_ns)


def cancelled(order: Order, now_ns: int) -> Order | None:
    """The order after its cancellation. None if it was cancelled or returned before."""
    if order.cancelled_ns is not None or order.refunds:
        return None
    return msgspec.structs.replace(order, cancelled_ns=now_ns, updated_ns=now_ns)


def returned(order: Order, item: PlannedReturn, now_ns: int) -> tuple[Order, Refund] | None:
    """The order after the return, and its refund. None if it was cancelled or returned before."""
    if order.cancelled_ns is not None or order.refunds:
        return None
    line_ids = {line.sku: line.line_id for line in order.lines}
    lines = tuple(RefundLine(line_ids[sku], sku, quantity) for sku, quantity in item.lines)
    refund = Refund(REFUND_ID_BASE + order.key, now_ns, lines, item.restock)
    return msgspec.structs.replace(order, refunds=(refund,), updated_ns=now_ns), refund


def times_updated(order: Order) -> int:
    """How often the order has changed since its creation."""
    return (order.paid_ns is not None) + (order.cancelled_ns is not None) + len(order.refunds)
