"""The places that sell. A channel shows stock to buyers, changes stock when an order changes, and fires the events.

`OnlineStore` is the shop's own store and sells from the master. `Marketplace` is every other channel. The world accepts
orders and keeps them; a channel only applies what was decided.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from stockstorm.simulator.history.facts import ListingPushed
from stockstorm.simulator.model import (
    ONLINE,
    SHOPIFY,
    Drawn,
    Level,
    MarketplaceTopic,
    Order,
    Product,
    Refund,
    Sku,
)
from stockstorm.simulator.shop.drawing import draw
from stockstorm.simulator.shop.feed import Feeds
from stockstorm.simulator.shop.firing import Action
from stockstorm.simulator.shop.ledger import Entry, Ledger
from stockstorm.simulator.shop.lines import Place, left_at
from stockstorm.simulator.shop.order_edits import Edited
from stockstorm.simulator.shop.orders import Cancellation, times_updated
from stockstorm.simulator.shop.showing import Showing


class Channel(Protocol):
    """The interface of a channel. Orders are passed in their state after the change."""

    name: str

    def shown(self, sku: Sku, now_ns: int) -> int:
        """Units that buyers see. KeyError for an unknown SKU."""
        ...

    def draw(self, lines: Sequence[tuple[Sku, int]], *, apart: bool = False) -> tuple[Drawn, ...]:
        """From which locations an order takes the SKUs that several of them stock. `apart`: from two, where it can."""
        ...

    def sold(self, order: Order, action: Action) -> None:
        """The order was accepted."""
        ...

    def paid(self, order: Order, action: Action) -> None:
        """The order was paid."""
        ...

    def cancelled(self, change: Cancellation, action: Action) -> None:
        """The order was cancelled. Its units can be sold again."""
        ...

    def returned(
        self, order: Order, refund: Refund, action: Action, promised: Mapping[Place, int] | None = None
    ) -> None:
        """Goods came back. `refund.restock` says whether they can be sold again; `promised` is as of `move`."""
        ...


class Marketplace:
    """Shows the last pushed quantity, less the units sold since. Cancelled and returned units are not listed again.

    `lag_ns`: how long after a push buyers see it. Until then they see, and can buy, what was listed before.
    """

    def __init__(self, name: str, listings: Mapping[Sku, int], feeds: Feeds, lag_ns: int = 0) -> None:
        self.name = name
        self._listed = dict(listings)
        self._feeds = feeds
        self._showing = Showing(listings, lag_ns) if lag_ns else None

    @property
    def listings(self) -> Mapping[Sku, int]:
        """SKU → listed units as accepted, in the order of the catalogue. A view."""
        return self._listed

    def shown(self, sku: Sku, now_ns: int) -> int:
        return self._listed[sku] if self._showing is None else self._showing.units(sku, now_ns)

    def draw(self, lines: Sequence[tuple[Sku, int]], *, apart: bool = False) -> tuple[Drawn, ...]:  # noqa: ARG002 - as every channel
        """Nothing: the subject chooses where it takes the units from when it writes the order to the master."""
        return ()

    def push(self, listings: Iterable[tuple[Sku, int]], request: int, action: Action) -> None:
        """Set listings, in order. KeyError for an unknown SKU."""
        for sku, quantity in listings:
            action.note(ListingPushed(action.now_ns, self.name, sku, quantity, self._listed[sku], request))
            self._listed[sku] = quantity
            if self._showing is not None:
                self._showing.accept(sku, quantity, action.now_ns)

    def sold(self, order: Order, action: Action) -> None:
        for line in order.lines:
            if self._showing is not None:
                self._showing.sell(line.sku, line.quantity)
            self._listed[line.sku] = max(0, self._listed[line.sku] - line.quantity)
        self._fire("order.created", order, action)

    def paid(self, order: Order, action: Action) -> None:
        """Marketplaces collect payments themselves and send no event."""

    def cancelled(self, change: Cancellation, action: Action) -> None:
        self._fire("order.cancelled", change.order, action)

    def returned(
        self,
        order: Order,
        refund: Refund,
        action: Action,
        promised: Mapping[Place, int] | None = None,  # noqa: ARG002 - as every channel
    ) -> None:
        self._fire("order.returned", order, action, refund, len(order.refunds))

    def _fire(
        self, topic: MarketplaceTopic, order: Order, action: Action, refund: Refund | None = None, nth: int = 1
    ) -> None:
        action.order(self.name, topic, order, nth, refund)
        self._feeds.append(self.name, action.changes.events[-1])


class OnlineStore:
    """Sells from the master, so its stock is never stale.

    A sale moves units from available to committed. A cancellation or a restocked return moves them back.
    `tell`: tells of a product that was ordered; None where that is not told.
    """

    name = ONLINE

    def __init__(
        self, ledger: Ledger, by_sku: Mapping[Sku, Product], tell: Callable[[Product, Action], None] | None = None
    ) -> None:
        self._ledger, self._by_sku, self._tell = ledger, by_sku, tell

    def shown(self, sku: Sku, now_ns: int) -> int:  # noqa: ARG002 - as every channel
        return self._ledger.available(self._by_sku[sku].inventory_item_id)

    def draw(self, lines: Sequence[tuple[Sku, int]], *, apart: bool = False) -> tuple[Drawn, ...]:
        if not self._ledger.spread:
            return ()
        levels = {sku: self._ledger.levels(self._by_sku[sku].inventory_item_id) for sku, _ in lines}
        return draw(lines, {sku: found for sku, found in levels.items() if len(found) > 1}, apart=apart)

    def sold(self, order: Order, action: Action) -> None:
        units = [(sku, location, -quantity) for sku, location, quantity in left_at(order)]
        levels = self.move(units, Entry("sale", order.key), action)
        draft = order.origin == "draft"
        if draft:
            action.draft(order, completed=False)
        action.order(SHOPIFY, "orders/create", order)
        if draft:
            action.draft(order, completed=True)
        for level, sku in levels:
            action.stock(level, sku, order.key, sale=True)
        self.ordered(order, action)

    def ordered(self, order: Order, action: Action) -> None:
        """Tell of each product of an order that was placed, where that is told."""
        if self._tell is not None:
            products = {self._by_sku[line.sku].product_id: self._by_sku[line.sku] for line in order.lines}
            for product in products.values():
                self._tell(product, action)

    def paid(self, order: Order, action: Action) -> None:
        action.order(SHOPIFY, "orders/paid", order)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))

    def cancelled(self, change: Cancellation, action: Action) -> None:
        order = change.order
        levels = self.move(change.units, Entry("cancellation", order.key), action, promised=change.held)
        if change.refund is not None:
            action.order(SHOPIFY, "refunds/create", order, len(order.refunds), change.refund)
        action.order(SHOPIFY, "orders/cancelled", order)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))
        _fire_stock(levels, order, action)

    def returned(
        self, order: Order, refund: Refund, action: Action, promised: Mapping[Place, int] | None = None
    ) -> None:
        units = [(line.sku, line.location_id, line.quantity) for line in refund.lines]
        if not refund.restock:
            self.leave(units, promised)
        levels = self.move(units if refund.restock else (), Entry("return", order.key), action, promised=promised)
        action.order(SHOPIFY, "refunds/create", order, len(order.refunds), refund)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))
        _fire_stock(levels, order, action)

    def edited(self, change: Edited, action: Action) -> None:
        """Staff changed the lines of an order."""
        order = change.order
        levels = self.move([*change.back, *change.taken], Entry("order_edit", order.key), action)
        if change.refund is not None:
            action.order(SHOPIFY, "refunds/create", order, len(order.refunds), change.refund)
        action.order_edit(order)
        action.order(SHOPIFY, "orders/updated", order, times_updated(order))
        _fire_stock(levels, order, action)

    def move(
        self,
        units: Iterable[tuple[Sku, int, int]],
        entry: Entry,
        action: Action,
        *,
        promised: Mapping[Place, int] | None = None,
    ) -> list[tuple[Level, Sku]]:
        """One change of each SKU at each location, whatever the number of lines that it is on.

        `units`: (SKU, location, units); location 0 is the first one of the item. `promised`: as many of them, at most,
        move between available and committed (None: all). The others come from elsewhere, for example back from a buyer
        to whom they had been shipped.
        """
        levels = []
        for (sku, location), delta in _summed(units).items():
            item = self._by_sku[sku].inventory_item_id
            committed = -delta if promised is None else -min(delta, promised.get((sku, location), 0))
            place = self._ledger.place(item, location)
            level, fact = self._ledger.record(item, delta, entry, action.now_ns, location_id=place, committed=committed)
            action.note(fact)
            levels.append((level, sku))
        return levels

    def leave(self, units: Iterable[tuple[Sku, int, int]], promised: Mapping[Place, int] | None = None) -> None:
        """Units that come back and cannot be sold again leave the shelf, as far as they were on it: `promised`."""
        for (sku, location), count in _summed(units).items():
            gone = count if promised is None else min(count, promised.get((sku, location), 0))
            if gone:
                self._ledger.ship(self._by_sku[sku], gone, location)


def _summed(units: Iterable[tuple[Sku, int, int]]) -> dict[Place, int]:
    total: dict[Place, int] = {}
    for sku, location, delta in units:
        total[sku, location] = total.get((sku, location), 0) + delta
    return total


def _fire_stock(levels: Iterable[tuple[Level, Sku]], order: Order, action: Action) -> None:
    for level, sku in levels:
        action.stock(level, sku, order.key)
