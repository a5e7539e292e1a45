"""What buyers and staff do to orders, as the plan has it: purchases, payments, cancellations, edits and returns.

Each is decided here, by what the channel shows and the shelf has. The channel then applies it.
"""

from collections.abc import Mapping

import msgspec

from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.channels import Channel, OnlineStore
from stockstorm.simulator.history.facts import (
    FollowUpVoid,
    OrderCancelled,
    OrderPaid,
    OrderReturned,
    PurchaseAccepted,
    PurchaseRefused,
)
from stockstorm.simulator.model import OrderKey
from stockstorm.simulator.plan.items import (
    PlannedCancellation,
    PlannedOrderEdit,
    PlannedPayment,
    PlannedPurchase,
    PlannedReturn,
)
from stockstorm.simulator.plan.quotas import Roles
from stockstorm.simulator.shop.edits import Edits
from stockstorm.simulator.shop.firing import Action
from stockstorm.simulator.shop.ledger import PhysicalStock
from stockstorm.simulator.shop.lines import before_each, columns, left
from stockstorm.simulator.shop.order_edits import can_edit, edited
from stockstorm.simulator.shop.orders import OrderBook, cancelled, freed, paid, returned


class Trade:
    """Applies it to the orders and the physical stock of one shop. `apart`: the orders that have a role of the plan."""

    def __init__(
        self,
        catalogue: Catalogue,
        edits: Edits,
        book: OrderBook,
        physical: PhysicalStock,
        channels: Mapping[str, Channel],
        online: OnlineStore,
        apart: Roles | None,
    ) -> None:
        self._catalogue, self._edits, self._book, self._physical = catalogue, edits, book, physical
        self._channels, self._online, self._apart = channels, online, apart
        self.newest: dict[str, OrderKey] = {}  # of each channel

    def purchase(self, item: PlannedPurchase, action: Action) -> None:
        """A buyer wants something, and gets it if the channel shows enough."""
        channel = self._channels[item.channel]
        skus, quantities = zip(*item.lines, strict=True)
        physical = tuple([self._physical.units(sku) for sku in skus])
        shown = tuple([channel.shown(sku, action.now_ns) for sku in skus])
        if len(skus) > 1 and len(set(skus)) < len(skus):
            physical, shown = before_each(item.lines, physical), before_each(item.lines, shown)
        if any(seen < wanted for seen, wanted in zip(shown, quantities, strict=True)):
            action.note(
                PurchaseRefused(action.now_ns, item.order, item.channel, skus, quantities, physical, shown),
            )
            return
        products = self._edits.all_of([self._catalogue.by_sku[sku] for sku in skus])
        drawn = channel.draw(item.lines, apart=self._apart is not None and self._apart.has(item.order, "two_locations"))
        order = self._book.open(item, products, action.now_ns, drawn)
        action.note(
            PurchaseAccepted(action.now_ns, order.key, order.channel, order.ref, skus, quantities, physical, shown),
        )
        self.newest[order.channel] = order.key
        for sku, quantity in item.lines:
            self._physical.add(sku, -quantity)
        channel.sold(order, action)

    def payment(self, item: PlannedPayment, action: Action) -> None:
        """The order is paid, unless it was before, or is cancelled."""
        old = self._book.get(item.order)
        order = None if old is None else paid(old, action.now_ns)
        if order is None:
            action.note(FollowUpVoid(action.now_ns, item.order, "payment"))
            return
        self._book.replace(order)
        action.note(OrderPaid(action.now_ns, order.key, order.channel))
        self._channels[order.channel].paid(order, action)

    def cancellation(self, item: PlannedCancellation, action: Action) -> None:
        """The order is cancelled. What is left of it is on the shelf again."""
        old = self._book.get(item.order)
        change = None if old is None else cancelled(old, action.now_ns)
        if change is None:
            action.note(FollowUpVoid(action.now_ns, item.order, "cancellation"))
            return
        order, lines = change.order, [] if old is None else left(old)
        self._book.replace(order)
        skus, quantities = columns(lines)
        action.note(OrderCancelled(action.now_ns, order.key, order.channel, order.ref, skus, quantities))
        for sku, quantity in lines:
            self._physical.add(sku, quantity)
        self._channels[order.channel].cancelled(change, action)

    def edit_order(self, item: PlannedOrderEdit, action: Action) -> None:
        """Staff takes units out of the lines of an order, or adds lines."""
        old = self._book.get(item.order)
        if old is None or not can_edit(old):
            action.note(FollowUpVoid(action.now_ns, item.order, "edit"))
            return
        store, products = (
            self._channels[old.channel],
            {sku: self._edits.of(self._catalogue.by_sku[sku]) for sku, _ in item.added},
        )
        # Staff adds what the master shows and the shelf has.
        added = tuple(
            [
                (sku, units)
                for sku, units in item.added
                if min(store.shown(sku, action.now_ns), self._physical.units(sku)) >= units
            ]
        )
        change = edited(old, msgspec.structs.replace(item, added=added), products, store.draw(added), action.now_ns)
        if not change.back and not change.taken:
            action.note(FollowUpVoid(action.now_ns, item.order, "edit"))
            return
        self._book.replace(change.order)
        for sku, _, units in (*change.back, *change.taken):
            self._physical.add(sku, units)
        self._online.edited(change, action)

    def returned(self, item: PlannedReturn, action: Action) -> None:
        """Goods come back from the buyer."""
        old = self._book.get(item.order)
        change = None if old is None else returned(old, item, action.now_ns)
        if change is None:
            action.note(FollowUpVoid(action.now_ns, item.order, "return"))
            return
        order, refund = change
        self._book.replace(order)
        skus, quantities = columns(item.lines)
        now_ns, refund_id = action.now_ns, refund.refund_id
        action.note(
            OrderReturned(now_ns, order.key, order.channel, order.ref, refund_id, skus, quantities, item.restock),
        )
        if item.restock:
            for sku, quantity in item.lines:
                self._physical.add(sku, quantity)
        self._channels[order.channel].returned(order, refund, action, None if old is None else freed(old, order))
