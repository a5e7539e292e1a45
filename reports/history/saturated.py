"""Whether a process of the subject had more to do than it could, from the first moment on.

Such a process is ready to run all the time: it uses a core, or waits for one, whoever uses that. Then its queue grows
under an even load, and latency with it, although no event costs more than the one before.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f

READY_MIN: Final = 0.9  # of the time, in each part


def saturated_process(log: FactLog, edges: Sequence[int]) -> str:
    """The process that was ready to run nearly all the time in each part between these moments. Empty without one.

    What it did before the first moment says nothing of it.
    """
    samples: dict[str, list[f.ResourcesSampled]] = {}
    for sample in log.all(f.ResourcesSampled):
        if sample.at_ns >= edges[0] and sample.process.startswith(log.started.processes):
            samples.setdefault(sample.process, []).append(sample)
    for process, taken in sorted(samples.items()):
        if all(_ready(taken, *part) >= READY_MIN for part in pairwise(edges)):
            return process
    return ""


def _ready(taken: Sequence[f.ResourcesSampled], begin_ns: int, end_ns: int) -> float:
    """The share of a time in which the process ran, or waited for a core. 0: not known."""
    first, last = (bisect_right(taken, at_ns, key=lambda one: one.at_ns) - 1 for at_ns in (begin_ns, end_ns))
    first = max(0, first)
    if last <= first:
        return 0.0
    before, after = taken[first], taken[last]
    ready_ns = after.cpu_ns - before.cpu_ns + max(0, after.waited_ns - before.waited_ns)
    return ready_ns / (after.at_ns - before.at_ns)
