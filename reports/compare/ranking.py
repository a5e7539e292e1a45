"""Means over seeds with t intervals, differences paired by seed, and the ranking.

Differences are paired because both subjects ran the same plan: a plan that is hard for both makes no difference between
them. Fewer than three seeds give no interval, because two say almost nothing about how much seeds differ.

Correctness ranks before speed. Only an entry with a run of every seed is ranked. Otherwise a seed that is hard for all
would count against the entries that have it. Entries without a significant difference share a rank.

A difference is significant when the interval of the difference of p95, paired by seed, excludes 0. With too few seeds
for that, the pooled intervals must not overlap. Both must agree in direction with the pooled p95.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Final

import msgspec

from stockstorm.reports.compare.comparison import P95, Entry
from stockstorm.reports.result import Interval, Verdict

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
    """The mean with its 95 % interval, limited to `least` or more. None without values, or when the mean is NaN."""
    if not values or any(math.isnan(value) for value in values):
        return None
    if any(math.isinf(value) for value in values):
        total = sum(values)
        return None if math.isnan(total) else Interval(total, None, None)
    mean = fmean(values)
    if len(values) < SEEDS_MIN or len(set(values)) == 1:  # equal counts do not show that seeds never differ
        return Interval(mean, None, None)
    half = t95(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Interval(mean, max(least, mean - half), mean + half)


def paired_difference(ours: Mapping[int, float], base: Mapping[int, float]) -> Interval | None:
    """Mean of ours minus the base's over the common seeds. None without any, or when infinities cancel out."""
    common = sorted(ours.keys() & base.keys())
    return mean_interval([ours[seed] - base[seed] for seed in common])


def excludes_zero(interval: Interval | None) -> bool:
    """Whether the whole interval is on one side of 0."""
    if interval is None or interval.low is None or interval.high is None:
        return False
    return interval.low > 0 or interval.high < 0


_ORDER: dict[Verdict, int] = {"valid": 0, "unknown": 1, "invalid": 2}


def ranked(entries: Sequence[Entry], seeds: int) -> tuple[Entry, ...]:
    """Best first, with ranks such as 1, 1, 3. Only correct entries with a latency and all `seeds` have a rank."""
    ordered = sorted(entries, key=lambda entry: _key(entry, seeds))
    found: list[Entry] = []
    leader: Entry | None = None
    rank = 0
    for place, entry in enumerate(ordered, 1):
        if not comparable(entry, seeds) or entry.value(P95) is None:
            found.append(msgspec.structs.replace(entry, rank=None))
            continue
        if leader is None or differs(leader, entry):
            leader, rank = entry, place
        found.append(msgspec.structs.replace(entry, rank=rank))
    return tuple(found)


def comparable(entry: Entry, seeds: int) -> bool:
    """Whether it is correct and has a run of every seed, so that it ran the plans of all others."""
    return entry.correct == "valid" and len(entry.runs) >= seeds


def differs(ahead: Entry, behind: Entry) -> bool:
    """Whether the sync latency of `ahead`, which has the lower pooled p95, is significantly lower."""
    first, second = ahead.measures.get(P95), behind.measures.get(P95)
    if first is None or second is None or first.value >= second.value:
        return False
    paired = paired_difference(by_seed(ahead, P95), by_seed(behind, P95))
    if paired is not None and paired.high is not None:
        return paired.high < 0
    if paired is not None and paired.value >= 0:
        return False
    if math.isinf(second.value):
        return True
    return first.high is not None and second.low is not None and first.high < second.low


def by_seed(entry: Entry, measure: str) -> dict[int, float]:
    """One measure by seed, of the runs that have it."""
    return {run.seed: run.measures[measure] for run in entry.runs if measure in run.measures}


def _key(entry: Entry, seeds: int) -> tuple[int, float]:
    latency = entry.value(P95)
    missing = 0 if len(entry.runs) >= seeds else 1 if entry.runs else 3
    return max(_ORDER[entry.correct], missing), math.inf if latency is None else latency
