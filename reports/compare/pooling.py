"""Latencies of all seeds of an entry, pooled: one distribution, its curve, and block-bootstrap intervals.

Runs are laid end to end in time, so that a block of the bootstrap never holds samples of two runs at once.
"""

import math
from collections.abc import Sequence
from typing import Final

from reports.bootstrap import quantile_interval
from reports.compare.played import Samples
from reports.quantiles import quantile
from reports.result import Interval
from simulator.clock import SECOND_NS

CURVE_STEPS: Final = 160
TAIL_MIN: Final = 20  # a distribution of fewer samples has no tail to show


def pooled(runs: Sequence[tuple[int, Samples]]) -> Samples:
    """Samples of (load in ns, samples) of each run, laid end to end."""
    laid: Samples = []
    offset_ns = 0
    for load_ns, samples in runs:
        laid += [(at_ns + offset_ns, value) for at_ns, value in samples]
        last_ns = max([load_ns, *(at_ns for at_ns, _ in samples)])
        offset_ns += (last_ns // SECOND_NS + 1) * SECOND_NS
    return laid


def intervals(name: str, samples: Samples, shares: Sequence[float], seed: int) -> dict[str, Interval]:
    """Measures `<name>.p50` … with intervals; none without samples."""
    found = {}
    for share in shares:
        measure = f"{name}.p{round(share * 1000) / 10:g}"
        interval = quantile_interval(samples, share, seed, measure)
        if interval is not None:
            found[measure] = interval
    return found


def curve(samples: Samples) -> tuple[tuple[float, float], ...]:
    """(share, ms) of the finite part of the distribution, finer towards the tail."""
    if not samples:
        return ()
    ordered = sorted(value for _, value in samples)
    deepest = math.log10(max(TAIL_MIN, len(ordered)))
    shares = [1 - 10 ** (-deepest * step / CURVE_STEPS) for step in range(1, CURVE_STEPS + 1)]
    points = [(share, quantile(ordered, share)) for share in shares]
    return tuple((round(share, 6), round(ms, 3)) for share, ms in points if math.isfinite(ms))
