"""A marketplace: it shows what the subject last pushed, less what it sold since, and relists only when pushed."""

from collections.abc import Iterable, Mapping, Sequence

from stockstorm.simulator.history.facts import ListingPushed
from stockstorm.simulator.model import Event, Order, Refund, Sku
from stockstorm.simulator.shop.firing import Action


class Marketplace:
    """Listings of one marketplace and the feed of everything that it told."""

    def __init__(self, name: str, listings: Mapping[Sku, int]) -> None:
        self.name = name
        self._listed = dict(listings)
        self._feed: list[Event] = []

    @property
    def listings(self) -> Mapping[Sku, int]:
        """What each SKU shows now. A view, in the catalogue's sequence."""
        return self._listed

    @property
    def feed(self) -> Sequence[Event]:
        """Every event so far, oldest first; an index is a cursor. A view: it grows with the run."""
        return self._feed

    def shown(self, sku: Sku) -> int:
        return self._listed[sku]

    def push(self, listings: Iterable[tuple[Sku, int]], request: int, action: Action) -> None:
        """List these quantities, in sequence. KeyError for an unknown SKU."""
        for sku, quantity in listings:
            action.note(ListingPushed(action.now_ns, self.name, sku, quantity, self._listed[sku], request))
            self._listed[sku] = quantity

    def sold(self, order: Order, action: Action) -> None:
        for line in order.lines:
            self._listed[line.sku] -= line.quantity
        self._tell("order.created", order, action)

    def paid(self, order: Order, action: Action) -> None:
        """Marketplaces collect the money themselves and tell nobody."""

    def cancelled(self, order: Order, action: Action) -> None:
        self._tell("order.cancelled", order, action)

    def returned(self, order: Order, refund: Refund, action: Action) -> None:
        self._tell("order.returned", order, action, refund)

    def _tell(self, topic: str, order: Order, action: Action, refund: Refund | None = None) -> None:
        action.order(self.name, topic, order, refund=refund)
        self._feed.append(action.changes.events[-1])
