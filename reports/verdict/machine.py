"""What a time would be on a machine of its own, at least: each sample less what its waits for a CPU explain.

A limit that is broken is no proof against the subject where the machine alone may have broken it. What met a queue that
other programs may have made proves nothing. Samples that never ended are not touched, but for attempts that timed out.
Every measure of how long something took is among these, whatever the something.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from stockstorm.reports.checkers.channel_outage import fewest_slowed, pairs_of_others, recoveries
from stockstorm.reports.history import History
from stockstorm.reports.history.cpu_waits import CpuWaits
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.statistics.quantiles import quantile

Times = Iterable[tuple[int, float]]  # when something began in ns, and how long it took in ms
TIMEOUT_MS: Final = 1e3  # the shortest


def _acks(history: History) -> Times:
    """The ack times, without those of connections that met a moment in which other programs had the machine."""
    stalled = set(history.stalled.values())
    return ((at_ns, 0.0 if math.isinf(ms) and at_ns in stalled else ms) for at_ns, ms in history.acks)


QUANTILES: Final[Mapping[str, Callable[[History], Times]]] = {
    "ack_time_ms": _acks,
    "sync_latency_ms": lambda history: history.sync_samples.fired,
    "sync_latency_visible_ms": lambda history: history.sync_samples.visible,
    "sync_latency_ms.with_moot": lambda history: history.sync_samples_with_moot.fired,
    "sync_latency_visible_ms.with_moot": lambda history: history.sync_samples_with_moot.visible,
    "order_latency_ms": lambda history: ((one.sold_ns, one.latency_ms) for one in history.order_samples),
    "channel_outage_ms.others": lambda history: ((pair.fired_ns, pair.latency_ms) for pair in pairs_of_others(history)),
}
LONGEST_S: Final[Mapping[str, Callable[[History], Times]]] = {
    "channel_outage_s.recovery": recoveries,
    "delivery_success_s.renewal": lambda history: (
        (max(gone.gone_ns, gone.fault_end_ns), _ms(gone.renewed_after_ns)) for gone in history.removals.all
    ),
    "never_sent.found_s.max": lambda history: (
        (one.event.at_ns, _ms(one.shown_ns - one.event.at_ns)) for one in history.unsent if one.shown_ns != NEVER_NS
    ),
}


def on_a_free_machine(history: History, measure: str) -> tuple[float, str] | None:
    """The least value of a measure of time, and what is seen of the machine. None without waits, or for another one."""
    seen = history.cpu_waits.text(history.start_ns, history.start_ns + history.load_ns)
    least = _least(history, measure) if seen else None
    return None if least is None else (least, seen)


def _least(history: History, measure: str) -> float | None:
    if measure == "channel_outage.slowed":
        return fewest_slowed(history)
    if measure in LONGEST_S:
        longest = _without_waits(history.cpu_waits, LONGEST_S[measure](history))
        return longest[-1] / 1e3 if longest else None
    stem, _, rank = measure.rpartition(".")
    if stem not in QUANTILES or not (rank == "max" or rank[1:].isdigit()):
        return None
    share = 1.0 if rank == "max" else float(rank[1:]) / 100
    samples = _without_waits(history.cpu_waits, QUANTILES[stem](history), has_timeouts=stem == "ack_time_ms")
    return quantile(samples, share) if samples else None


def _without_waits(waits: CpuWaits, times: Times, *, has_timeouts: bool = False) -> list[float]:
    """The milliseconds in ascending order. `has_timeouts`: what did not end was given up after a while."""

    def least(at_ns: int, ms: float) -> float:
        if math.isinf(ms):
            return 0.0 if has_timeouts and waits.is_starved(at_ns, at_ns + round(TIMEOUT_MS * 1e6)) else ms
        is_starved = waits.is_starved(at_ns, at_ns + round(ms * 1e6))
        return 0.0 if is_starved else ms - waits.excused_ms(at_ns, ms)

    return sorted(least(at_ns, ms) for at_ns, ms in times)


def _ms(duration_ns: int) -> float:
    return math.inf if duration_ns >= NEVER_NS else duration_ns / 1e6
