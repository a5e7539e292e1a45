"""A history prepared for drawing: times in seconds since the start of load, phases and faults as spans.

`Series` holds the single observations behind a measure: the ack time of every attempt, the sync latency of every owed
pair.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property
from operator import attrgetter
from typing import Final, TypeVar

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.history.app_life import life_intervals
from stockstorm.reports.history.elsewhere import shared
from stockstorm.reports.history.faults import api_outages
from stockstorm.reports.render.downsample import Thinned, bin_width_s, rates, thinned_open
from stockstorm.reports.result import Result
from stockstorm.reports.verdict.samples import judged_samples
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.config import FaultTrigger
from stockstorm.simulator.history import facts as f

DRAWN_MIN_MS: Final = 0.01


class Series(msgspec.Struct, frozen=True):
    """Observations in order of time: seconds since the start of load, and milliseconds (infinite: never)."""

    at_s: list[float]
    ms: list[float]

    def finite(self) -> "Series":
        """The observations that ended."""
        if all(map(math.isfinite, self.ms)):
            return self
        kept = [n for n, value in enumerate(self.ms) if math.isfinite(value)]
        return Series([self.at_s[n] for n in kept], [self.ms[n] for n in kept])

    def infinite_at(self) -> list[float]:
        """Times of the observations that never ended."""
        return [at for at, value in zip(self.at_s, self.ms, strict=True) if math.isinf(value)]


def ack_series(history: History) -> Series:
    """Ack times of genuine attempts, at the time when they were due. A timeout is infinite."""
    start = history.started.at_ns
    samples = history.acks
    return Series([(due - start) / SECOND_NS for due in samples.times_ns], _drawable(samples.values))


def _drawable(values: Iterable[float]) -> list[float]:
    """Milliseconds that a logarithmic axis can show."""
    return [ms if ms > DRAWN_MIN_MS else DRAWN_MIN_MS for ms in values]


def failed_series(history: History, forged: set[int]) -> Series:
    """Durations of genuine attempts that were not acknowledged, at the time when they were due."""
    start = history.started.at_ns
    failed = Series([], [])
    for attempt in history.all(f.AttemptEnded):
        acknowledged = 200 <= attempt.status < 300 and not attempt.error
        if not acknowledged and attempt.delivery not in forged:
            failed.at_s.append((attempt.due_ns - start) / SECOND_NS)
            failed.ms.append(max(DRAWN_MIN_MS, (attempt.at_ns - attempt.due_ns) / MILLISECOND_NS))
    return failed


def sync_series(history: History) -> Series:
    """Sync latencies of owed pairs, counted as tiers count them, at the time of the change."""
    start = history.started.at_ns
    samples = judged_samples(history)
    return Series([(fired - start) / SECOND_NS for fired in samples.times_ns], _drawable(samples.values))


def samples_by_process(view: "HistoryView") -> dict[str, list[f.ResourcesSampled]]:
    """CPU and memory of every process, by its name, in order of time."""
    found: defaultdict[str, list[f.ResourcesSampled]] = defaultdict(list)
    for sample in view.of(f.ResourcesSampled):
        found[sample.process].append(sample)
    return dict(sorted(found.items()))


FactT = TypeVar("FactT", bound=f.Fact)


class Span(msgspec.Struct, frozen=True):
    """A named interval in seconds since the start of load."""

    name: str
    from_s: float
    to_s: float


class FaultSpan(Span, frozen=True):
    """A fault as a span, with its number in order of time. `row`: faults that overlap in time have different ones."""

    number: int
    row: int
    begin_ns: int
    on: FaultTrigger = "time"


class HistoryView:
    """A history as figures read it."""

    def __init__(self, history: History) -> None:
        self.history, self.elsewhere = history, history.elsewhere
        self.started = history.started
        self.end_s = self.seconds(history.end_ns)
        self._sales: dict[str, list[f.PurchaseAccepted]] = {}

    def of(self, kind: type[FactT]) -> list[FactT]:
        """All facts of one kind, in order of time."""
        return self.history.all(kind)

    def sales_of(self, sku: str) -> list[f.PurchaseAccepted]:
        """Every accepted order with a line of this SKU."""
        if sku not in self._sales:
            self._sales[sku] = [sale for sale in self.of(f.PurchaseAccepted) if sku in sale.skus]
        return self._sales[sku]

    def all_seconds(self, times_ns: Iterable[int]) -> list[float]:
        """The same as `seconds`, for many times."""
        start_ns = self.started.at_ns
        return [(at_ns - start_ns) / SECOND_NS for at_ns in times_ns]

    def seconds(self, at_ns: int) -> float:
        """Seconds from the start of load to a monotonic time."""
        return (at_ns - self.started.at_ns) / SECOND_NS

    @property
    def currency(self) -> str:
        return self.history.scenario.shop.currency

    @cached_property
    def load_end_s(self) -> float:
        stopped = self.of(f.LoadStopped)
        return self.seconds(stopped[0].at_ns) if stopped else self.end_s

    @cached_property
    def phases(self) -> list[Span]:
        """Phases of the schedule, with the quiesce as the last one."""
        starts = [(fact.phase, self.seconds(fact.at_ns)) for fact in self.of(f.PhaseStarted)]
        ends = [*(at for _, at in starts[1:]), self.load_end_s]
        spans = [Span(name, at, end) for (name, at), end in zip(starts, ends, strict=False) if end > at]
        if self.of(f.LoadStopped) and self.end_s > self.load_end_s:
            spans.append(Span("quiesce", self.load_end_s, self.end_s))
        return spans

    @cached_property
    def faults(self) -> list[FaultSpan]:
        """Faults of processes, outages of the simulated APIs, and what happened to the app."""
        spans: list[FaultSpan] = []
        outages = api_outages(self.history.scenario, self.started.at_ns)
        life = life_intervals(self.history.app.changes, self.history.end_ns)
        intervals = sorted([*self.history.fault_intervals, *outages, *life], key=lambda interval: interval.begin_ns)
        for number, fault in enumerate(intervals, 1):
            from_s, to_s = self.seconds(fault.begin_ns), self.seconds(fault.end_ns)
            taken = {other.row for other in spans if other.to_s > from_s}
            row = next(row for row in range(len(spans) + 1) if row not in taken)
            spans.append(FaultSpan(fault.fault, from_s, to_s, number, row, fault.begin_ns, fault.on))
        return spans

    @cached_property
    def channels(self) -> list[str]:
        """Channels in the order in which they opened. The shop's own store is first."""
        opened = self.of(f.ChannelOpened)
        return [c.channel for c in opened if c.online] + [c.channel for c in opened if not c.online]

    @shared
    def forged(self) -> set[int]:
        """Ids of forged deliveries."""
        return {fact.delivery for fact in self.of(f.DeliveryPlanned) if fact.forged}

    @shared
    def webhooks_open(self) -> Thinned:
        """How many genuine deliveries are due and have not ended, over time."""
        start_ns = self.started.at_ns
        ended = {fact.delivery: (fact.at_ns - start_ns) / SECOND_NS for fact in self.of(f.DeliveryEnded)}
        return thinned_open(
            [
                ((fact.due_ns - start_ns) / SECOND_NS, ended.get(fact.delivery, math.inf))
                for fact in self.of(f.DeliveryPlanned)
                if not fact.forged
            ],
            self.end_s,
        )

    @shared
    def answers_a_bin(self) -> tuple[list[float], list[float]]:
        """Genuine attempts acknowledged, and failed, in each bin of time. Empty without a removed subscription."""
        if not self.history.removals.all:
            return [], []
        good: list[float] = []
        bad: list[float] = []
        for attempt in self.of(f.AttemptEnded):
            if attempt.delivery not in self.forged:
                acknowledged = 200 <= attempt.status < 300 and not attempt.error
                (good if acknowledged else bad).append(self.seconds(attempt.at_ns))
        width = bin_width_s(self.end_s)
        return rates(good, width, self.end_s)[1], rates(bad, width, self.end_s)[1]

    @cached_property
    def acks(self) -> Series:
        """Ack times of genuine attempts."""
        return ack_series(self.history)

    @shared
    def failures(self) -> Series:
        """Durations of genuine attempts that were not acknowledged."""
        return failed_series(self.history, self.forged)

    @property
    def ordered_acks(self) -> list[float]:
        """Their milliseconds in ascending order."""
        return _drawable(self.history.acks.ordered)

    @property
    def ordered_syncs(self) -> list[float]:
        """Milliseconds of `syncs` in ascending order."""
        return _drawable(judged_samples(self.history).ordered)

    @cached_property
    def syncs(self) -> Series:
        """Sync latencies of owed pairs."""
        return sync_series(self.history)

    @shared
    def hottest_sku(self) -> tuple[str, str]:
        """The SKU to draw, and why: the one with the most oversold units, else the hot one with the highest demand."""
        oversold: Counter[str] = Counter()
        demanded: Counter[str] = Counter()
        for sale in self.of(f.PurchaseAccepted):
            if len(sale.skus) == 1 and sale.quantities <= sale.physical_before:
                continue  # as nearly every order
            for sku, quantity, before in zip(sale.skus, sale.quantities, sale.physical_before, strict=True):
                if before < quantity:
                    oversold[sku] += quantity - max(0, before)
        lines = attrgetter("skus", "quantities")  # many orders are alike
        alike = Counter(map(lines, self.of(f.PurchaseAccepted))) + Counter(map(lines, self.of(f.PurchaseRefused)))
        for (skus, quantities), orders in alike.items():
            for sku, quantity in zip(skus, quantities, strict=True):
                demanded[sku] += quantity * orders
        if any(oversold.values()):
            return max(oversold, key=lambda sku: (oversold[sku], demanded[sku], sku)), "had the most oversold units"
        hot = {fact.sku for fact in self.of(f.ItemStocked) if fact.hot}
        return max(demanded, key=lambda sku: (sku in hot, demanded[sku], sku), default=""), "had the highest demand"


class RunView(HistoryView):
    """One run as the sections of a report read it. Built once per report."""

    def __init__(self, result: Result, history: History) -> None:
        super().__init__(history)
        self.result = result
