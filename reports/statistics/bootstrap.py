"""Confidence intervals of quantiles by block bootstrap. Samples close in time are correlated, so whole blocks of time
are drawn with replacement instead of single samples.

Speed without numpy: samples are sorted once, and a drawn quantile is found by bisection over bins between order
statistics, with the numbers of samples up to a bin by block. So one redraw costs a few dot products and no sort. All
redraws together look at few bins, those around the quantile, so only these are counted.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import mul
from typing import Final

from stockstorm.reports.result import Interval
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.reports.statistics.samples import Samples
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.limits import BOOTSTRAP_BLOCKS_MIN

REDRAWS: Final = 400
BINS_MAX: Final = 1_000
BLOCKS_MAX: Final = 120
LEVEL: Final = 0.95


class Resampler:
    """Samples, counted once for any number of quantiles."""

    def __init__(self, samples: Samples) -> None:
        self._values = samples.ordered
        blocks = _by_block(samples)
        self._blocks, self._sizes = blocks, [len(block) for block in blocks]
        self._edges = _edges(self._values) if len(blocks) >= BOOTSTRAP_BLOCKS_MIN else []
        self._counts: dict[int, list[int]] = {}  # by bin and block: samples up to the bin's edge

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
        edges, counts, blocks = self._edges, self._counts, len(self._blocks)
        found = []
        for _ in range(REDRAWS):
            weights = [0] * blocks
            for column in rng.choices(range(blocks), k=blocks):
                weights[column] += 1
            wanted = share * sum(map(mul, weights, self._sizes)) - 1e-9
            low, high = 0, len(edges) - 1
            while low < high:
                middle = (low + high) // 2
                if middle not in counts:
                    counts[middle] = [bisect_right(block, edges[middle]) for block in self._blocks]
                if sum(map(mul, weights, counts[middle])) >= wanted:
                    high = middle
                else:
                    low = middle + 1
            found.append(edges[low])
        return found


def _by_block(samples: Samples) -> list[list[float]]:
    """The sorted values of each block of time that holds samples."""
    times_ns, values = samples.times_ns, samples.values
    if not times_ns:
        return []
    first = times_ns[0]
    length_ns = max(SECOND_NS, (times_ns[-1] - first) // BLOCKS_MAX + 1)
    found, start = [], 0
    while start < len(times_ns):
        block = (times_ns[start] - first) // length_ns
        end = bisect_left(times_ns, first + (block + 1) * length_ns, start)
        found.append(sorted(values[start:end]))
        start = end
    return found


def _edges(ordered: Sequence[float]) -> list[float]:
    step = max(1, len(ordered) // BINS_MAX)
    return sorted({*ordered[::step], ordered[-1]})


def quantile_interval(samples: Iterable[tuple[int, float]], share: float, seed: int, name: str) -> Interval | None:
    """One quantile of samples with its 95 % interval."""
    return Resampler(Samples.of(samples)).interval(share, seed, name)
