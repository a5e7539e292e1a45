"""When the subject learned of each change of stock: by a webhook that it acknowledged, or by an answer that showed it.

Other than what was *visible* to it, which counts from the first attempt, even one that found nobody at home. A later
change of the same level shows an earlier one too.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from stockstorm.reports.history.deliveries import INVENTORY_TOPIC, NEVER_NS, Deliveries
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiStockCause

How = Literal["webhook", "read", "never"]
_Times = dict[str, list[int]]  # by SKU, by version


class Learned(msgspec.Struct, frozen=True):
    """By SKU and version: when a webhook and when an answer showed this version or a later one. NEVER_NS: none did.

    `own`: the versions that the subject wrote itself, which are no news to it.
    """

    told: _Times
    read: _Times
    own: frozenset[tuple[str, int]]

    def is_news(self, event: f.EventFired) -> bool:
        """Whether it tells a change of stock that somebody else made."""
        return event.topic == INVENTORY_TOPIC and (event.sku, event.version) not in self.own

    def of(self, event: f.EventFired) -> tuple[int, How]:
        """When the subject learned of the change that an event of stock tells, and how."""
        told, read = _at(self.told, event), _at(self.read, event)
        if min(told, read) == NEVER_NS:
            return NEVER_NS, "never"
        return (told, "webhook") if told <= read else (read, "read")


def build_learned(log: FactLog, deliveries: Deliveries, ledgers: Mapping[str, Ledger]) -> Learned:
    told: _Times = {sku: [NEVER_NS] * len(ledger.first_state) for sku, ledger in ledgers.items()}
    read: _Times = {sku: list(times) for sku, times in told.items()}
    events = deliveries.events
    for number, fate in deliveries.stock_fates.items():
        event = events[number]
        if fate.acknowledged:
            _earlier(told.get(event.sku, []), event.version, fate.at_ns)
    for shown in log.all(f.StockShown):
        for sku, version in zip(shown.skus, shown.versions, strict=True):
            _earlier(read.get(sku, []), version, shown.at_ns)
    for times in (told, read):
        for sku, at in times.items():
            times[sku] = shown_by_later(at, ledgers[sku].places)
    changes = log.all(f.StockChanged)
    own = frozenset((change.sku, change.version) for change in changes if change.cause in get_args(ApiStockCause))
    return Learned(told, read, own)


def shown_by_later(times: list[int], places: list[int]) -> list[int]:
    """The same, where a later version of the same location shows an earlier one too. `places`: [] for one location."""
    first: dict[int, int] = {}
    found = list(times)
    for version in range(len(times) - 1, -1, -1):
        place = places[version] if places else 0
        first[place] = found[version] = min(times[version], first.get(place, NEVER_NS))
    return found


def _at(times: _Times, event: f.EventFired) -> int:
    of_sku = times.get(event.sku, [])
    return of_sku[event.version] if event.topic == INVENTORY_TOPIC and 0 <= event.version < len(of_sku) else NEVER_NS


def _earlier(seen: list[int], version: int, at_ns: int) -> None:
    if 0 <= version < len(seen) and at_ns < seen[version]:
        seen[version] = at_ns
