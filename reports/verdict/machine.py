"""What a latency would be on a machine of its own, at least: each sample less what its waits for a CPU explain.

A limit that is broken is no proof against the subject where the machine alone may have broken it. An attempt that timed
out while other programs took the CPU for half of its time may have been in time. Other samples that never ended are not
touched.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from stockstorm.reports.history import History
from stockstorm.reports.history.acks import TIMEOUTS
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.reports.statistics.samples import Samples
from stockstorm.simulator.history import facts as f


def _acks(history: History) -> Samples:
    """The ack times, with what they were at least where the machine alone may have caused a timeout."""
    ended = {
        (attempt.due_ns, attempt.delivery): attempt
        for attempt in history.all(f.AttemptEnded)
        if attempt.error in TIMEOUTS
    }
    starved = Counter(
        due_ns
        for (due_ns, _), attempt in ended.items()
        if history.cpu_waits.is_starved(attempt.started_ns, attempt.at_ns)
    )
    return Samples.of((at_ns, 0.0 if math.isinf(value) and starved[at_ns] else value) for at_ns, value in history.acks)


SAMPLES: Final[Mapping[str, Callable[[History], Samples]]] = {
    "ack_time_ms": _acks,
    "sync_latency_ms": lambda history: history.sync_samples.fired,
    "sync_latency_visible_ms": lambda history: history.sync_samples.visible,
    "order_latency_ms": lambda history: Samples.of((one.sold_ns, one.latency_ms) for one in history.order_samples),
}


def on_a_free_machine(history: History, measure: str) -> tuple[float, str] | None:
    """The least value of "ack_time_ms.p99" and the like, and what is seen of the machine. None without waits."""
    stem, _, rank = measure.partition(".")
    seen = history.cpu_waits.text(history.start_ns, history.start_ns + history.load_ns)
    if stem not in SAMPLES or not seen or not (rank == "max" or rank[1:].replace(".", "", 1).isdigit()):
        return None
    share = 1.0 if rank == "max" else float(rank[1:]) / 100
    waits = history.cpu_waits
    least = sorted(
        value if math.isinf(value) else value - waits.excused_ms(at_ns, value)
        for at_ns, value in SAMPLES[stem](history)
    )
    return (quantile(least, share), seen) if least else None
