"""What the references between facts may name: the values of each vocabulary, as a history tells them."""

from collections.abc import Hashable
from operator import attrgetter
from typing import Final, Literal

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.ranges import STATUS_MAX
from stockstorm.simulator.model import SHOPIFY

STATUSES: Final = frozenset({0, *range(100, STATUS_MAX + 1)})

Kind = type[f.Fact]
Vocabulary = Literal[
    "SKU", "item", "channel", "marketplace", "source", "API", "order", "planned order", "event", "delivery",
    "subscription", "call", "HTTP status",
]  # fmt: skip
# Vocabularies of which most facts are decoded with the names that they may have (`reports.names`).
NAMED: Final[frozenset[Vocabulary]] = frozenset({"SKU", "channel", "marketplace", "source"})

_SERIALS: Final[dict[str, Kind]] = {"event": f.EventFired, "delivery": f.DeliveryPlanned}
_IDS: Final[dict[str, tuple[Kind, str]]] = {
    "SKU": (f.ItemStocked, "sku"),
    "item": (f.ItemStocked, "inventory_item_id"),
    "channel": (f.ChannelOpened, "channel"),
    "order": (f.PurchaseAccepted, "order"),
    "subscription": (f.SubscriptionCreated, "subscription"),
}
_BESIDE_MARKETPLACES: Final[dict[str, frozenset[Hashable]]] = {
    "marketplace": frozenset(),
    "source": frozenset({SHOPIFY}),
    "API": frozenset({"admin", "marketplaces"}),
}


class Known:
    """The values of each vocabulary, each built on first use."""

    def __init__(self, log: FactLog) -> None:
        self._log = log
        self._kept: dict[Vocabulary, frozenset[Hashable]] = {}

    def of(self, name: Vocabulary, none: Hashable) -> range | frozenset[Hashable]:
        if name in _SERIALS:  # as `_not_serial` found, and cheaper to look up than in a set
            return range(0 if none is None else -1, self._log.count(_SERIALS[name]))
        if name not in self._kept:
            self._kept[name] = self._values(name)
        values = self._kept[name]
        return values if none is None else values | {none}

    def names(self, to: Vocabulary, none: Hashable) -> frozenset[str]:
        """The texts of a vocabulary of texts."""
        return frozenset(name for name in self.of(to, none) if isinstance(name, str))

    def _values(self, name: Vocabulary) -> frozenset[Hashable]:
        if name in _IDS:
            return self._ids(*_IDS[name])
        match name:
            case "planned order":
                return self._ids(f.PurchaseAccepted, "order") | self._ids(f.PurchaseRefused, "order")
            case "call":
                return self._calls()
            case "HTTP status":
                return STATUSES
            case _:
                return frozenset(self._log.marketplaces) | _BESIDE_MARKETPLACES[name]

    def _ids(self, kind: Kind, field: str) -> frozenset[Hashable]:
        return frozenset(map(attrgetter(field), self._log.all(kind)))

    def _calls(self) -> frozenset[Hashable]:
        calls, ended = self._ids(f.ApiCalled, "request"), self._log.last(f.RunEnded)
        if calls and (ended is None or not ended.complete):  # a killed writer can cut a call off before its last fact
            calls |= {max(map(attrgetter("request"), self._log.all(f.ApiCalled))) + 1}
        return calls
