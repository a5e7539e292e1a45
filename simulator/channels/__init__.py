"""Places that sell. A channel shows stock to buyers and knows what an order's life does to stock and what it fires.

`online` is the shop's own store over the master; `marketplace` is everything else. The world decides whether an order
is accepted and keeps the orders; a channel only carries out what was decided.
"""

from typing import Protocol

from stockstorm.simulator.model import Order, Refund, Sku
from stockstorm.simulator.shop.firing import Action


class Channel(Protocol):
    """What the world asks of a channel. Orders are given after the change."""

    name: str

    def shown(self, sku: Sku) -> int:
        """Units that a buyer sees. KeyError for an unknown SKU."""
        ...

    def sold(self, order: Order, action: Action) -> None:
        """The order was accepted."""
        ...

    def paid(self, order: Order, action: Action) -> None:
        """The order was paid."""
        ...

    def cancelled(self, order: Order, action: Action) -> None:
        """The order was cancelled and its units are free again."""
        ...

    def returned(self, order: Order, refund: Refund, action: Action) -> None:
        """Goods came back; `refund.restock` says whether they can be sold again."""
        ...
