"""Whether bad things happened just before a kind of moment, such as the end of a process or a call that failed.

One hypothesis is tested, so fewer cases suffice than for a contrast over many traits.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.contrast import LIFT_MIN, chance
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS

WINDOWS_NS: Final = (250 * MILLISECOND_NS, SECOND_NS, 2 * SECOND_NS, 5 * SECOND_NS)
CHANCE_MAX: Final = 0.05 / len(WINDOWS_NS)
SAMPLES_MAX: Final = 20_000
COVERAGE_MIN: Final = 0.8


class Near(NamedTuple):
    """Bad ones and good ones that a moment followed within a window. `covers`: positions among the bad ones."""

    window_ns: int
    bad: int
    bad_of: int
    good: int
    good_of: int
    covers: frozenset[int]

    @property
    def window(self) -> str:
        return f"{self.window_ns / SECOND_NS:g} s"


def followed(bad: Sequence[int], good: Sequence[int], moments: Sequence[int]) -> Near | None:
    """The window before the moments in which bad ones are crowded. None if chance can explain it."""
    if not bad or not good:
        return None
    ordered = sorted(moments)
    bad, good = bad[:SAMPLES_MAX], good[:: max(1, len(good) // SAMPLES_MAX)]
    best: tuple[float, Near] | None = None
    for window in WINDOWS_NS:
        covers = frozenset(place for place, at_ns in enumerate(bad) if _within(at_ns, ordered, window))
        in_good = sum(_within(at_ns, ordered, window) for at_ns in good)
        found = Near(window, len(covers), len(bad), in_good, len(good), covers)
        if len(covers) < COVERAGE_MIN * len(bad):
            continue
        if len(covers) / len(bad) < LIFT_MIN * in_good / len(good):
            continue
        score = chance(len(covers), len(bad), len(covers) + in_good, len(bad) + len(good))
        if score <= math.log(CHANCE_MAX) and (best is None or score < best[0]):
            best = score, found
    return best[1] if best else None


def _within(at_ns: int, ordered: Sequence[int], window_ns: int) -> bool:
    place = bisect_left(ordered, at_ns)
    return place < len(ordered) and ordered[place] - at_ns <= window_ns
