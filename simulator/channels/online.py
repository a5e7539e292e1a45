"""The shop's own online store: it sells from the master, so its stock is never stale."""

from collections.abc import Iterable, Mapping

from stockstorm.simulator.model import ONLINE, Level, Order, Product, Refund, Sku
from stockstorm.simulator.shop.firing import SHOPIFY, Action
from stockstorm.simulator.shop.ledger import Entry, Ledger
from stockstorm.simulator.shop.orders import times_updated


class OnlineStore:
    """A sale moves units from available to committed; a cancellation or a restocked return moves them back."""

    name = ONLINE

    def __init__(self, ledger: Ledger, by_sku: Mapping[Sku, Product]) -> None:
        self._ledger, self._by_sku = ledger, by_sku

    def shown(self, sku: Sku) -> int:
        return self._ledger.of(self._by_sku[sku]).available

    def sold(self, order: Order, action: Action) -> None:
        units = [(line.sku, -line.quantity) for line in order.lines]
        levels = self._move(units, Entry("sale", order.key), action)
        action.order(SHOPIFY, "orders/create", order)
        _tell(levels, order, action)

    def paid(self, order: Order, action: Action) -> None:
        action.order(SHOPIFY, "orders/paid", order)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))

    def cancelled(self, order: Order, action: Action) -> None:
        units = [(line.sku, line.quantity) for line in order.lines]
        levels = self._move(units, Entry("cancellation", order.key), action)
        action.order(SHOPIFY, "orders/cancelled", order)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))
        _tell(levels, order, action)

    def returned(self, order: Order, refund: Refund, action: Action) -> None:
        # Goods that cannot be sold again stay committed, since shipping is not played and nobody reads that state.
        units = [(line.sku, line.quantity) for line in refund.lines] if refund.restock else []
        levels = self._move(units, Entry("return", order.key), action)
        action.order(SHOPIFY, "refunds/create", order, len(order.refunds), refund)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))
        _tell(levels, order, action)

    def _move(self, units: Iterable[tuple[Sku, int]], entry: Entry, action: Action) -> list[tuple[Level, Sku]]:
        levels = []
        for sku, delta in units:
            item = self._by_sku[sku].inventory_item_id
            level, fact = self._ledger.record(item, delta, entry, action.now_ns, committed=-delta)
            action.note(fact)
            levels.append((level, sku))
        return levels


def _tell(levels: Iterable[tuple[Level, Sku]], order: Order, action: Action) -> None:
    for level, sku in levels:
        action.stock(level, sku, order.key)
