"""Confidence intervals of quantiles by block bootstrap. Samples close in time are correlated, so whole blocks of time
are drawn with replacement instead of single samples.

Speed without numpy: samples are counted in bins between order statistics of all samples, and each block keeps its
cumulative counts. A drawn quantile is found by bisection over the bins, so one redraw costs a few dot products and no
sort.
"""

import random
from bisect import bisect_left
from collections.abc import Sequence
from operator import mul
from typing import Final

from stockstorm.reports.result import Interval
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.limits import BOOTSTRAP_BLOCKS_MIN

REDRAWS: Final = 400
BINS_MAX: Final = 1_000
BLOCKS_MAX: Final = 120
LEVEL: Final = 0.95


def quantile_interval(samples: Sequence[tuple[int, float]], share: float, seed: int, name: str) -> Interval | None:
    """A quantile with its 95 % interval.

    `samples` are (time in ns, value) in any order. The same arguments give the same interval. None without samples. The
    bounds are None with fewer than 20 blocks, of at least a second each, that hold samples.
    """
    if not samples:
        return None
    ordered = sorted(value for _, value in samples)
    found = quantile(ordered, share)
    blocks = _blocks(samples)
    if len(blocks) < BOOTSTRAP_BLOCKS_MIN:
        return Interval(found, None, None)
    edges = _edges(ordered)
    sizes = [len(block) for block in blocks]
    excess = _excess(blocks, edges, sizes, share)
    drawn = sorted(_redraw(edges, excess, len(blocks), random.Random(f"bootstrap {seed} {name}")))
    tail = (1 - LEVEL) / 2
    return Interval(found, min(found, quantile(drawn, tail)), max(found, quantile(drawn, 1 - tail)))


def _blocks(samples: Sequence[tuple[int, float]]) -> list[list[float]]:
    first, last = min(at for at, _ in samples), max(at for at, _ in samples)
    length_ns = max(SECOND_NS, (last - first) // BLOCKS_MAX + 1)
    blocks: dict[int, list[float]] = {}
    for at, value in samples:
        blocks.setdefault((at - first) // length_ns, []).append(value)
    return [blocks[key] for key in sorted(blocks)]


def _edges(ordered: Sequence[float]) -> list[float]:
    step = max(1, len(ordered) // BINS_MAX)
    return sorted({*ordered[::step], ordered[-1]})


def _excess(
    blocks: Sequence[Sequence[float]], edges: Sequence[float], sizes: Sequence[int], share: float
) -> list[list[float]]:
    """By bin and block: samples up to the bin's edge, less the number that a quantile at that edge requires."""
    rows: list[list[float]] = [[0.0] * len(blocks) for _ in edges]
    for column, block in enumerate(blocks):
        for value in block:
            rows[bisect_left(edges, value)][column] += 1
    running = [-share * size for size in sizes]
    for row in rows:
        for column, count in enumerate(row):
            running[column] += count
        row[:] = running
    return rows


def _redraw(edges: Sequence[float], excess: list[list[float]], blocks: int, rng: random.Random) -> list[float]:
    found = []
    for _ in range(REDRAWS):
        weights = [0] * blocks
        for column in rng.choices(range(blocks), k=blocks):
            weights[column] += 1
        low, high = 0, len(edges) - 1
        while low < high:
            middle = (low + high) // 2
            if sum(map(mul, weights, excess[middle])) >= -1e-9:
                high = middle
            else:
                low = middle + 1
        found.append(edges[low])
    return found
