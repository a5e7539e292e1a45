"""Single observations behind the measures, for drawing: every attempt's ack time and every owed pair's sync latency."""

import math

import msgspec

from reports.checkers.ack_time import ack_samples
from reports.history import History
from reports.judged_sync import judged_samples
from simulator.clock import MILLISECOND_NS, SECOND_NS
from simulator.history import facts as f


class Series(msgspec.Struct, frozen=True):
    """Observations in order of time: seconds since the start of load, and milliseconds (infinite: never)."""

    at_s: list[float]
    ms: list[float]

    def finite(self) -> "Series":
        kept = [n for n, value in enumerate(self.ms) if math.isfinite(value)]
        return Series([self.at_s[n] for n in kept], [self.ms[n] for n in kept])

    def infinite_at(self) -> list[float]:
        return [at for at, value in zip(self.at_s, self.ms, strict=True) if math.isinf(value)]


def ack_series(history: History) -> Series:
    """Genuine attempts at the time they fell due, with their ack time; infinite for a timeout."""
    start = history.started.at_ns
    samples = sorted(ack_samples(history))
    return Series([(due - start) / SECOND_NS for due, _ in samples], [max(0.01, ms) for _, ms in samples])


def failed_series(history: History, forged: set[int]) -> Series:
    """Genuine attempts that were not acknowledged, with how long they lasted."""
    start = history.started.at_ns
    failed = Series([], [])
    for attempt in history.all(f.AttemptEnded):
        acknowledged = 200 <= attempt.status < 300 and not attempt.error
        if not acknowledged and attempt.delivery not in forged:
            failed.at_s.append((attempt.due_ns - start) / SECOND_NS)
            failed.ms.append(max(0.01, (attempt.at_ns - attempt.due_ns) / MILLISECOND_NS))
    return failed


def sync_series(history: History) -> Series:
    """Owed pairs at the time of the change, with how long the other channel took to reflect it, as tiers count it."""
    start = history.started.at_ns
    samples = judged_samples(history)
    return Series([(fired - start) / SECOND_NS for fired, _ in samples], [max(0.01, ms) for _, ms in samples])
