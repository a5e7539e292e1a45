"""Live figures for people who watch. Cheap estimates over the last seconds; the report has the exact measures.

Sync is estimated per (channel, SKU): from the first stock movement that was not yet answered to the next push of that
listing. Acks count from due, as in the report.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history.facts import (
    AnyFact,
    AttemptEnded,
    EventFired,
    ListingPushed,
    PhaseStarted,
    PurchaseAccepted,
    StockChanged,
)

WINDOW = 2_000  # newest samples that a live quantile looks at


class LiveFigures:
    """Fed with every fact as it is written; read twice a second."""

    def __init__(self, marketplaces: tuple[str, ...]) -> None:
        self._marketplaces = marketplaces
        self._acks_ms: deque[float] = deque(maxlen=WINDOW)
        self._syncs_ms: deque[float] = deque(maxlen=WINDOW)
        self._owed_since: dict[tuple[str, str], int] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {
            PhaseStarted: self._phase_started,
            EventFired: self._event_fired,
            AttemptEnded: self._attempt_ended,
            PurchaseAccepted: self._purchase_accepted,
            StockChanged: self._stock_changed,
            ListingPushed: self._listing_pushed,
        }
        self.phase = ""
        self.events = self.acknowledged = self.oversold_units = 0
        self.last_effect_ns = 0  # when a stock change or push was last seen: quiet counts from here
        self.syncs: list[tuple[str, float]] = []  # (channel, ms) since last taken
        self.oversells: list[tuple[str, int]] = []  # (channel, units) since last taken

    def observe(self, facts: list[AnyFact]) -> None:
        handlers = self._handlers
        for fact in facts:
            handler = handlers.get(type(fact))
            if handler is not None:
                handler(fact)

    def ack_p99_ms(self) -> float:
        return _quantile(self._acks_ms, 0.99)

    def sync_p95_ms(self) -> float:
        return _quantile(self._syncs_ms, 0.95)

    def _phase_started(self, fact: PhaseStarted) -> None:
        self.phase = fact.phase

    def _event_fired(self, _: EventFired) -> None:
        self.events += 1

    def _attempt_ended(self, fact: AttemptEnded) -> None:
        if 200 <= fact.status < 300:
            self.acknowledged += 1
            self._acks_ms.append((fact.answered_ns - fact.due_ns) / MILLISECOND_NS)

    def _purchase_accepted(self, fact: PurchaseAccepted) -> None:
        for sku, quantity, before in zip(fact.skus, fact.quantities, fact.physical_before, strict=True):
            if over := quantity - min(quantity, max(0, before)):
                self.oversold_units += over
                self.oversells.append((fact.channel, over))
            self._owe(sku, fact.at_ns, seller=fact.channel)

    def _stock_changed(self, fact: StockChanged) -> None:
        self.last_effect_ns = fact.at_ns
        if not fact.cause.startswith("subject"):
            self._owe(fact.sku, fact.at_ns, seller="")

    def _listing_pushed(self, fact: ListingPushed) -> None:
        self.last_effect_ns = fact.at_ns
        since = self._owed_since.pop((fact.channel, fact.sku), None)
        if since is not None:
            latency_ms = (fact.at_ns - since) / MILLISECOND_NS
            self._syncs_ms.append(latency_ms)
            self.syncs.append((fact.channel, latency_ms))

    def _owe(self, sku: str, at_ns: int, seller: str) -> None:
        for channel in self._marketplaces:
            if channel != seller:
                self._owed_since.setdefault((channel, sku), at_ns)


def _quantile(samples: deque[float], share: float) -> float:
    return quantile(sorted(samples), share) if samples else 0.0
