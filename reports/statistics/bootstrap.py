"""Confidence intervals of quantiles by block bootstrap. Samples close in time are correlated, so whole blocks of time
are drawn with replacement instead of single samples.

Speed without numpy: samples are sorted once and counted in bins between order statistics, with cumulative counts by
block. A drawn quantile is found by bisection over the bins, so one redraw costs a few dot products and no sort.
"""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from operator import itemgetter, mul
from typing import Final

from stockstorm.reports.result import Interval
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.limits import BOOTSTRAP_BLOCKS_MIN

REDRAWS: Final = 400
BINS_MAX: Final = 1_000
BLOCKS_MAX: Final = 120
LEVEL: Final = 0.95
_value = itemgetter(1)


class Resampler:
    """Samples of (time in ns, value) in any order, counted once for any number of quantiles."""

    def __init__(self, samples: Sequence[tuple[int, float]]) -> None:
        ordered = sorted(samples, key=_value)
        self._values = [value for _, value in ordered]
        blocks = _blocks([at for at, _ in ordered]) if ordered else []
        sizes = Counter(blocks)
        columns = {block: column for column, block in enumerate(sorted(sizes))}
        self._sizes = [sizes[block] for block in columns]
        self._edges: list[float] = []
        self._counts: list[list[int]] = []
        if len(columns) >= BOOTSTRAP_BLOCKS_MIN:
            self._edges = _edges(self._values)
            self._counts = _cumulative(self._values, self._edges, [columns[block] for block in blocks], len(columns))

    def interval(self, share: float, seed: int, name: str) -> Interval | None:
        """A quantile with its 95 % interval.

        The same arguments give the same interval. None without samples. The bounds are None with fewer than 20 blocks,
        of at least a second each, that hold samples.
        """
        if not self._values:
            return None
        found = quantile(self._values, share)
        if not self._edges:
            return Interval(found, None, None)
        drawn = sorted(self._redraw(share, random.Random(f"bootstrap {seed} {name}")))
        tail = (1 - LEVEL) / 2
        return Interval(found, min(found, quantile(drawn, tail)), max(found, quantile(drawn, 1 - tail)))

    def _redraw(self, share: float, rng: random.Random) -> list[float]:
        edges, counts, blocks = self._edges, self._counts, len(self._sizes)
        found = []
        for _ in range(REDRAWS):
            weights = [0] * blocks
            for column in rng.choices(range(blocks), k=blocks):
                weights[column] += 1
            wanted = share * sum(map(mul, weights, self._sizes)) - 1e-9
            low, high = 0, len(edges) - 1
            while low < high:
                middle = (low + high) // 2
                if sum(map(mul, weights, counts[middle])) >= wanted:
                    high = middle
                else:
                    low = middle + 1
            found.append(edges[low])
        return found


def _blocks(times_ns: Sequence[int]) -> list[int]:
    """The number of the block of time of each sample."""
    first = min(times_ns)
    length_ns = max(SECOND_NS, (max(times_ns) - first) // BLOCKS_MAX + 1)
    return [(at_ns - first) // length_ns for at_ns in times_ns]


def _edges(ordered: Sequence[float]) -> list[float]:
    step = max(1, len(ordered) // BINS_MAX)
    return sorted({*ordered[::step], ordered[-1]})


def _cumulative(
    ordered: Sequence[float], edges: Sequence[float], columns: Sequence[int], blocks: int
) -> list[list[int]]:
    """By bin and block: samples up to the bin's edge. `columns`: the block of each sample."""
    rows, running, start = [], [0] * blocks, 0
    for edge in edges:
        end = bisect_right(ordered, edge, start)
        for column, count in Counter(columns[start:end]).items():
            running[column] += count
        rows.append(running.copy())
        start = end
    return rows


def quantile_interval(samples: Sequence[tuple[int, float]], share: float, seed: int, name: str) -> Interval | None:
    """One quantile of samples with its 95 % interval."""
    return Resampler(samples).interval(share, seed, name)
