"""Figures during a run: live estimates for people who watch, and Locust's own statistics. The report is exact.

Sync latency is estimated per (channel, SKU): from the first stock movement without a push to the next push of that
listing. Acknowledgements count from the due time, as in the report.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import gevent

from stockstorm.loadtests.generator.quiesce import EffectGaps, KindsOfEffects
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.limits import LIVE_INTERVAL_S, LIVE_SAMPLES_MAX, LOCUST_POINTS_MAX, LOCUST_SECONDS_MAX
from stockstorm.reports.history.reads import is_read
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS, Clock
from stockstorm.simulator.delivery.attempts import Answer
from stockstorm.simulator.history.facts import (
    AnyFact,
    ApiCalled,
    AttemptEnded,
    EventFired,
    ListingPushed,
    OrderCancelled,
    OrderReturned,
    PhaseStarted,
    PurchaseAccepted,
    StockChanged,
)


class LiveFigures:
    """Counts and estimates, updated with every fact as it is written."""

    def __init__(self, marketplaces: tuple[str, ...]) -> None:
        self._marketplaces = marketplaces
        self._acks_ms: deque[float] = deque(maxlen=LIVE_SAMPLES_MAX)
        self._syncs_ms: deque[float] = deque(maxlen=LIVE_SAMPLES_MAX)
        self._owed_since: dict[tuple[str, str], int] = {}
        self._syncs: list[tuple[str, float]] = []
        self._oversells: list[tuple[str, int]] = []
        # A dict, because this runs for every fact. Its type cannot say that each handler takes the type of its key.
        self._handlers: dict[type, Callable[[Any], None]] = {
            PhaseStarted: self._phase_started,
            EventFired: self._event_fired,
            AttemptEnded: self._attempt_ended,
            PurchaseAccepted: self._purchase_accepted,
            OrderCancelled: self._came_back,
            OrderReturned: self._came_back,
            StockChanged: self._stock_changed,
            ListingPushed: self._listing_pushed,
            ApiCalled: self._api_called,
        }
        self.phase = ""
        self.events = self.acknowledged = self.oversold_units = 0
        self.last_effect_ns = 0  # of the newest stock change or push; quiesce counts from here
        self.last_write_ns = 0  # of the newest call of the subject that was to change something
        self.gaps, self.kinds = EffectGaps(), KindsOfEffects(marketplaces)
        self._unchanged: set[tuple[str, str]] = set()  # listings that were pushed as they are since the last change

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

    def take_syncs(self) -> list[tuple[str, float]]:
        """(channel, latency in ms) of each sync since the last call."""
        taken, self._syncs = self._syncs, []
        return taken

    def take_oversells(self) -> list[tuple[str, int]]:
        """(channel, units) of each oversell since the last call."""
        taken, self._oversells = self._oversells, []
        return taken

    def _phase_started(self, fact: PhaseStarted) -> None:
        self.phase = fact.phase

    def _event_fired(self, _: EventFired) -> None:
        self.events += 1

    def _attempt_ended(self, fact: AttemptEnded) -> None:
        if 200 <= fact.status < 300:
            self.acknowledged += 1
            self._acks_ms.append((fact.answered_ns - fact.due_ns) / MILLISECOND_NS)

    def _purchase_accepted(self, fact: PurchaseAccepted) -> None:
        self.gaps.moved(fact.at_ns)
        self.kinds.moved(fact.at_ns, fact.channel)
        for sku, quantity, before in zip(fact.skus, fact.quantities, fact.physical_before, strict=True):
            if over := quantity - min(quantity, max(0, before)):
                self.oversold_units += over
                self._oversells.append((fact.channel, over))
            self._owe(sku, fact.at_ns, seller=fact.channel)

    def _came_back(self, fact: OrderCancelled | OrderReturned) -> None:
        if isinstance(fact, OrderCancelled) or fact.restocked:
            self.kinds.moved(fact.at_ns, fact.channel, rises=True)

    def _stock_changed(self, fact: StockChanged) -> None:
        self.last_effect_ns = fact.at_ns
        self._unchanged.clear()
        if fact.cause.startswith("subject"):
            self.gaps.effect(fact.at_ns)
            self.kinds.writes.effect(fact.at_ns)
        elif fact.cause != "transfer":  # which owes no push
            self.gaps.moved(fact.at_ns)
            self.kinds.moved(fact.at_ns, rises=fact.delta > 0)
            self._owe(fact.sku, fact.at_ns, seller="")

    def _listing_pushed(self, fact: ListingPushed) -> None:
        if fact.quantity != fact.shown_before:
            self._unchanged.clear()
        key = fact.channel, fact.sku
        if key in self._unchanged:  # who pushes everything at a period never stops, and has no work left
            self.gaps.answer(fact.at_ns)
        else:
            self.last_effect_ns = fact.at_ns
            self.gaps.effect(fact.at_ns)
            if fact.quantity == fact.shown_before:
                self._unchanged.add(key)
        self.kinds.pushed(fact.at_ns, fact.channel, rises=fact.quantity > fact.shown_before)
        since = self._owed_since.pop(key, None)
        if since is not None:
            latency_ms = (fact.at_ns - since) / MILLISECOND_NS
            self._syncs_ms.append(latency_ms)
            self._syncs.append((fact.channel, latency_ms))

    def _api_called(self, fact: ApiCalled) -> None:
        if not is_read(fact.operation):
            self.last_write_ns = fact.at_ns

    def _owe(self, sku: str, at_ns: int, seller: str) -> None:
        for channel in self._marketplaces:
            if channel != seller:
                self._owed_since.setdefault((channel, sku), at_ns)


def _quantile(samples: deque[float], share: float) -> float:
    return quantile(sorted(samples), share) if samples else 0.0


class Oversold(Exception):
    """Shown by Locust as the failure of an OVERSELL entry."""


class NotAcknowledged(Exception):
    """Shown by Locust as the failure of an ACK entry."""


class FireRequest(Protocol):
    """`fire` of Locust's event `request`: adds one sample to its statistics."""

    def __call__(
        self,
        *,
        request_type: str,
        name: str,
        response_time: float,
        response_length: int,
        exception: Exception | None,
        context: dict[str, object],
    ) -> None: ...


class LocustTable(Protocol):
    """`locust.stats.RequestStats`, as far as it grows with time."""

    total: Any  # a `StatsEntry`, with counts by second since 1970
    entries: dict[Any, Any]  # the same by name and kind
    history: list[Any]  # a point of the web UI's charts every 5 s


class LocustStatistics:
    """Acknowledgements, syncs and oversells as entries of Locust's tables and web UI (about 4 µs each).

    A refused forged delivery counts as a success, an oversell as a failure of its channel.
    """

    def __init__(self, fire: FireRequest, table: LocustTable | None = None) -> None:
        self._fire, self._table = fire, table

    def trim(self) -> None:
        """Drops what Locust keeps for ever: counts by second, of which it shows the last 12, and points of charts."""
        if self._table is None:
            return
        for entry in (self._table.total, *self._table.entries.values()):
            for counts in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
                for second in list(counts)[:-LOCUST_SECONDS_MAX]:
                    del counts[second]
        del self._table.history[:-LOCUST_POINTS_MAX]

    def answered(self, topic: str, forged: bool, answer: Answer, due_ns: int) -> None:
        """One attempt ended. `topic` is the name of the entry."""
        accepted = 200 <= answer.status < 300
        refused = 400 <= answer.status < 500
        failure = None
        if accepted == forged and not (forged and refused):
            failure = NotAcknowledged(answer.error or f"HTTP {answer.status}")
        self._fire(
            request_type="FORGED" if forged else "ACK",
            name=topic,
            response_time=(answer.ended_ns - due_ns) / MILLISECOND_NS,
            response_length=0,
            exception=failure,
            context={},
        )

    def synced(self, channel: str, latency_ms: float) -> None:
        self._fire(
            request_type="SYNC", name=channel, response_time=latency_ms, response_length=0, exception=None, context={}
        )

    def oversold(self, channel: str, units: int) -> None:
        self._fire(
            request_type="OVERSELL",
            name=channel,
            response_time=0,
            response_length=units,
            exception=Oversold(f"{channel} sold units that did not exist"),
            context={},
        )


class LiveReporter:
    """Sends the live figures to the orchestrator, and syncs and oversells to Locust's statistics."""

    def __init__(
        self,
        figures: LiveFigures,
        statistics: LocustStatistics,
        pending: Callable[[], int],
        send: Callable[[Live], None],
    ) -> None:
        self._figures, self._statistics = figures, statistics
        self._pending, self._send = pending, send
        self._stopped = False

    def run(self, clock: Clock, start_ns: int, duration_ns: int) -> None:
        """Reports twice a second in the calling greenlet until `stop`."""
        while not self._stopped:
            gevent.sleep(LIVE_INTERVAL_S)
            self.report(clock(), start_ns, duration_ns)

    def stop(self) -> None:
        self._stopped = True

    def report(self, now_ns: int, start_ns: int, duration_ns: int) -> None:
        """Reports once. The load lasts `duration_ns` from `start_ns`."""
        figures = self._figures
        self._statistics.trim()
        for channel, latency_ms in figures.take_syncs():
            self._statistics.synced(channel, latency_ms)
        for channel, units in figures.take_oversells():
            self._statistics.oversold(channel, units)
        self._send(
            Live(
                phase=figures.phase,
                elapsed_s=max(0.0, (now_ns - start_ns) / SECOND_NS),
                total_s=duration_ns / SECOND_NS,
                events=figures.events,
                acknowledged=figures.acknowledged,
                pending=self._pending(),
                ack_p99_ms=figures.ack_p99_ms(),
                sync_p95_ms=figures.sync_p95_ms(),
                oversold_units=figures.oversold_units,
                quiescing=now_ns > start_ns + duration_ns,
            )
        )
