"""Means over seeds with t intervals, and differences paired by seed: the same plan through both subjects, so that what
one plan makes hard for both is not taken for a difference between them.

Fewer than three seeds give no interval: two tell next to nothing about how much seeds differ.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Final

from reports.result import Interval

SEEDS_MIN: Final = 3
# Two-sided 95 % quantiles of Student's t by degrees of freedom, from 1.
_T95: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_NORMAL: Final = 1.960


def t95(freedom: int) -> float:
    """The factor of a two-sided 95 % interval with `freedom` (1 or more) degrees of freedom."""
    return _T95[freedom - 1] if freedom <= len(_T95) else _NORMAL


def mean_interval(values: Sequence[float], least: float = -math.inf) -> Interval | None:
    """The mean with its 95 % interval, cut off at `least`. None without values or where the mean is no number."""
    if not values or any(math.isnan(value) for value in values):
        return None
    if any(math.isinf(value) for value in values):
        total = sum(values)
        return None if math.isnan(total) else Interval(total, None, None)
    mean = fmean(values)
    if len(values) < SEEDS_MIN or len(set(values)) == 1:  # equal counts do not mean that seeds never differ
        return Interval(mean, None, None)
    half = t95(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Interval(mean, max(least, mean - half), mean + half)


def paired_difference(ours: Mapping[int, float], base: Mapping[int, float]) -> Interval | None:
    """Mean of ours less the base's over the seeds that both have. None without any, or if both never ended."""
    common = sorted(ours.keys() & base.keys())
    return mean_interval([ours[seed] - base[seed] for seed in common])


def excludes_zero(interval: Interval | None) -> bool:
    """Whether the whole interval lies on one side of 0."""
    if interval is None or interval.low is None or interval.high is None:
        return False
    return interval.low > 0 or interval.high < 0
