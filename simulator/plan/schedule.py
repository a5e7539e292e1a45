"""When buyers arrive: from a phase to times of arrival, in integer nanoseconds.

The model is open: arrivals are planned ahead, and a slow subject does not slow them.
"""

import heapq
import math
import random
from collections.abc import Iterable, Iterator, Sequence

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PhaseConfig


def length_ns(phase: PhaseConfig) -> int:
    """Length of a phase in nanoseconds."""
    return round(phase.seconds * SECOND_NS)


def starts_ns(phases: Sequence[PhaseConfig]) -> tuple[int, ...]:
    """Offsets at which the phases begin, then the end of the last one."""
    starts = [0]
    for phase in phases:
        starts.append(starts[-1] + length_ns(phase))
    return tuple(starts)


def arrival_count(phase: PhaseConfig) -> float:
    """The expected number of purchases in a phase."""
    match phase.kind:
        case "ramp":
            return (phase.rate + rate_at_end(phase)) / 2 * phase.seconds
        case "burst":
            return phase.bursts * phase.burst_size + phase.rate * phase.seconds
        case _:
            return phase.rate * phase.seconds


def rate_at_end(phase: PhaseConfig) -> float:
    """The last rate of a ramp; without `rate_to` the rate is constant."""
    return phase.rate if phase.rate_to is None else phase.rate_to


def arrivals_ns(phase: PhaseConfig, stream: random.Random) -> Iterable[int]:
    """Arrivals as sorted offsets from the start of the phase, each within it.

    The `rate` of a burst phase is Poisson traffic besides its bursts. Only Poisson traffic draws from the stream.
    """
    match phase.kind:
        case "constant":
            return _constant(phase)
        case "ramp":
            return _ramp(phase)
        case "burst":
            return heapq.merge(_bursts(phase), poisson_ns(phase.rate, length_ns(phase), stream))
        case "poisson":
            return poisson_ns(phase.rate, length_ns(phase), stream)


def poisson_ns(rate_per_s: float, span_ns: int, stream: random.Random) -> Iterator[int]:
    """Independent arrivals at a mean rate over a span, sorted."""
    if rate_per_s <= 0:
        return
    at_s, end_s = stream.expovariate(rate_per_s), span_ns / SECOND_NS
    while at_s < end_s:
        yield min(int(at_s * SECOND_NS), span_ns - 1)
        at_s += stream.expovariate(rate_per_s)


def _constant(phase: PhaseConfig) -> Iterable[int]:
    # Arrivals are in the middle of their intervals, so that the spacing stays even between two phases.
    count = math.floor(phase.rate * phase.seconds + 0.5)
    end_ns = length_ns(phase) - 1
    return (min(int((n + 0.5) * SECOND_NS / phase.rate), end_ns) for n in range(count))


def _ramp(phase: PhaseConfig) -> Iterator[int]:
    # By time t, rate·t + slope·t²/2 arrivals are due; solved for t in a form that is exact at slope 0.
    first, slope = phase.rate, (rate_at_end(phase) - phase.rate) / phase.seconds
    count = math.floor(arrival_count(phase) + 0.5)
    end_ns = length_ns(phase) - 1
    for n in range(count):
        due = n + 0.5
        at_s = 2 * due / (first + math.sqrt(max(0.0, first * first + 2 * slope * due)))
        yield min(int(at_s * SECOND_NS), end_ns)


def _bursts(phase: PhaseConfig) -> Iterable[int]:
    instants = (length_ns(phase) * n // phase.bursts for n in range(phase.bursts))
    return (at_ns for at_ns in instants for _ in range(phase.burst_size))
