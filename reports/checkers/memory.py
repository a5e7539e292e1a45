"""Memory: whether a process of the subject holds more with every event, over the last two thirds of the load.

The first third is left out, because caches, pools and the heap of a runtime fill then. So is as much time after a
restart. A process leaks if its memory grew by at least GROWTH_MIN_BYTES and a tenth, by EVENT_BYTES_MAX an event beyond
that, and in the second half of the time about as fast as in the first: a service that keeps a row of text for every
event stays far below that. Memory that grows more and more slowly may be a heap that warms up for longer; then it is
unknown. Samples before a planned kill are left out. What it gives back after the load was garbage, and no leak.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Incident, Tally
from stockstorm.reports.statistics.slopes import Sample, is_steady, slope, thinned
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

SAMPLES_MIN: Final = 6
SAMPLES_MAX: Final = 120  # of which the slope is computed; more are thinned out
SECONDS_MIN: Final = 5.0
GROWTH_MIN_BYTES: Final = 32 * 1024**2  # the heap of a sound service in Node grew by 26 MiB in 12 s
GROWTH_SHARE_MIN: Final = 0.1
EVENT_BYTES_MAX: Final = 24 * 1024  # the same one grew by 15 KiB a delivery for 40 s
SLOWER: Final = 0.75  # of the first half of the time: memory that grows less than this in the second one slows down
MIB: Final = 1024**2


class Growth(msgspec.Struct, frozen=True):
    """How the memory of one process grew. Samples are (seconds, bytes)."""

    process: str
    samples: list[Sample]
    events: int  # or attempts to deliver them, where those are more
    rest: float | None = None  # the least that it held after the load; None: it was not sampled then

    @property
    def seconds(self) -> float:
        return self.samples[-1][0] - self.samples[0][0]

    @property
    def bytes(self) -> float:
        """Bytes over the whole time, by the median slope."""
        return slope(self.samples) * self.seconds

    @property
    def kept(self) -> float:
        """Bytes of the growth that it did not give back."""
        return self.bytes if self.rest is None else min(self.bytes, self.rest - self.samples[0][1])

    @property
    def per_event(self) -> float:
        return self.kept / self.events if self.events else 0.0

    @property
    def leaks(self) -> bool:
        """Whether the growth is large, does not slow down and is out of proportion to the events."""
        return self._is_large and is_steady(self.samples) and not self._slows_down

    @property
    def may_leak(self) -> bool:
        """Whether the growth is as large and slows down."""
        return self._is_large and is_steady(self.samples) and self._slows_down

    @property
    def _is_large(self) -> bool:
        once = max(GROWTH_MIN_BYTES, GROWTH_SHARE_MIN * self.samples[0][1])
        return self.kept >= once + EVENT_BYTES_MAX * self.events

    @property
    def _slows_down(self) -> bool:
        half = len(self.samples) // 2
        return slope(self.samples[half:]) < SLOWER * slope(self.samples[: half + 1])


class Memory(Checker):
    name = "memory"
    level = "acknowledgement"
    measures = (
        Measure(
            "memory.growth_mib.max", "memory growth, most", "MiB", "most growth of a process after the first third"
        ),
        Measure(
            "memory.mib_per_1000_events.max",
            "memory growth in 1,000 events, most",
            "MiB",
            "most growth of a process for each 1,000 events after the first third of the load",
        ),
    )

    def __call__(self, history: History) -> Check:
        grown, tally = growths(history), Tally()
        if not grown:
            reason = f"no process of the subject was sampled for {SECONDS_MIN:.0f} s after the first third of the load"
            return tally.check(self.name, "not_exercised", reason, {})
        for growth in grown:
            if growth.leaks:
                tally.add(_incident(history, growth))
        most = max(grown, key=lambda growth: growth.bytes)
        measures = {
            "memory.growth_mib.max": max(0.0, most.bytes / MIB),
            "memory.mib_per_1000_events.max": max(0.0, *(growth.per_event * 1000 / MIB for growth in grown)),
        }
        reason = (
            f"{most.process} grew by {most.bytes / MIB:,.1f} MiB in {most.seconds:.0f} s and {most.events:,} events"
        )
        if not tally.total and any(growth.may_leak for growth in grown):
            reason += ", more and more slowly: a heap that warms up, or a leak. A longer run tells"
            return tally.check(self.name, "unknown", reason, measures)
        return tally.check(self.name, "invalid" if tally.total else "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        grown = growths(history)
        return {
            "seconds observed": int(max((growth.seconds for growth in grown), default=0)),
            "events meanwhile": max((growth.events for growth in grown), default=0),
        }


def growths(history: History) -> list[Growth]:
    """The growth of every process of the subject that was sampled for long enough."""
    late = late_samples(history)
    fired = [event.at_ns for event in history.all(f.EventFired)] if late else []
    tried = [attempt.at_ns for attempt in history.all(f.AttemptEnded)] if late else []
    found = []
    for process, samples in late.items():
        begin_ns, end_ns = samples[0].at_ns, samples[-1].at_ns
        events = max(sum(begin_ns <= at_ns <= end_ns for at_ns in times) for times in (fired, tried))
        levels = [(sample.at_ns / SECOND_NS, float(sample.rss_bytes)) for sample in samples]
        rest = least_after_load(history, process, lambda one: float(one.rss_bytes))
        found.append(Growth(process, thinned(levels, SAMPLES_MAX), events, rest))
    return found


def least_after_load(history: History, process: str, of: Callable[[f.ResourcesSampled], float]) -> float | None:
    """The least that a process held between the end of the load and its own end, or a fault."""
    end_ns = history.start_ns + history.load_ns
    ends = [ended.at_ns for ended in history.all(f.ProcessEnded) if ended.process == process]
    ends += [started.at_ns for started in history.all(f.FaultStarted)]
    until_ns = min((at_ns for at_ns in ends if at_ns > end_ns), default=None)
    return min(
        (
            of(sample)
            for sample in history.all(f.ResourcesSampled)
            if sample.process == process and sample.at_ns > end_ns and (until_ns is None or sample.at_ns < until_ns)
        ),
        default=None,
    )


def late_samples(history: History) -> dict[str, list[f.ResourcesSampled]]:
    """By process of the subject, its samples a third of the load after its last start or the begin of the load.

    Processes that were not sampled for long enough are left out.
    """
    end_ns = history.start_ns + history.load_ns
    processes = history.started.processes  # and not its database, whose memory grows with its data
    taken: dict[str, list[f.ResourcesSampled]] = {}
    for sample in history.all(f.ResourcesSampled):
        if sample.process.startswith(processes) and sample.at_ns <= end_ns:
            taken.setdefault(sample.process, []).append(sample)
    found = {}
    for process, samples in sorted(taken.items()):
        begin_ns = max([history.start_ns, *_restarts(history, process)]) + history.load_ns // 3
        late = [sample for sample in samples if sample.at_ns >= begin_ns]
        if len(late) >= SAMPLES_MIN and late[-1].at_ns - late[0].at_ns >= SECONDS_MIN * SECOND_NS:
            found[process] = late
    return found


def _restarts(history: History, process: str) -> list[int]:
    """When faults that hit a process ended; it grows anew from then."""
    return [
        interval.end_ns + 2 * SECOND_NS
        for interval in history.fault_intervals
        if process.startswith(interval.target) or interval.target not in history.started.processes
    ]


def _incident(history: History, growth: Growth) -> Incident:
    at_ns = int(growth.samples[0][0] * SECOND_NS)
    first, last = growth.samples[0], growth.samples[-1]
    text = (
        f"{growth.process} grew from {first[1] / MIB:,.0f} to {last[1] / MIB:,.0f} MiB between {history.offset(at_ns)} "
        f"and {history.offset(int(last[0] * SECOND_NS))}, without a pause: "
        f"{growth.per_event / 1024:,.0f} KiB an event, "
        f"{growth.bytes / growth.seconds * 3600 / MIB / 1024:,.1f} GiB an hour"
    )
    return Incident("memory_growth", at_ns, text, details={"process": growth.process})
