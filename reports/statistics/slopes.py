"""How a sampled quantity grew: the median slope, which single peaks do not move, and whether the growth is steady."""

from collections.abc import Sequence
from itertools import accumulate, combinations
from statistics import median
from typing import Final

Sample = tuple[float, float]  # (seconds, quantity)

HALF_SHARE_MIN: Final = 0.4  # of the whole slope, that each half must have


def slope(samples: Sequence[Sample]) -> float:
    """The quantity a second: the median slope over all pairs. The times must differ."""
    return median((after[1] - before[1]) / (after[0] - before[0]) for before, after in combinations(samples, 2))


def is_steady(samples: Sequence[Sample]) -> bool:
    """Whether the quantity grows in both halves of the time about as fast as in the whole."""
    half = len(samples) // 2
    return min(slope(samples[: half + 1]), slope(samples[half:])) >= HALF_SHARE_MIN * slope(samples)


def fall(samples: Sequence[Sample]) -> float:
    """The most by which the quantity ever fell."""
    levels = [level for _, level in samples]
    return max((most - level for most, level in zip(accumulate(levels, max), levels, strict=True)), default=0.0)


def thinned(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most so many of the samples, evenly spread."""
    return list(samples[:: max(1, -(-len(samples) // most))])
