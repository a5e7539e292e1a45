"""By which factor one sample lies above another: exact intervals that assume no distribution.

Two independent samples: the median of all quotients (Hodges and Lehmann), whose interval follows from the exact
distribution of the Mann-Whitney count. Pairs: the same with Walsh averages and Wilcoxon's signed ranks. Both are exact
for any number of runs, so a few runs give a wide interval and never a wrong one.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

CONFIDENCE: Final = 0.98  # 5 against 5 runs: the interval leaves out the smallest and the largest quotient
CONFIDENCE_MIN: Final = 0.95


class Shift(msgspec.Struct, frozen=True):
    """A factor with its interval. `confidence`: what the interval has, from CONFIDENCE_MIN to 1."""

    factor: float
    low: float
    high: float
    confidence: float


def shift(before: Sequence[float], after: Sequence[float]) -> Shift | None:
    """How many times `after` is as large as `before`. None: too few values for an interval, or one that is not > 0."""
    if not _measurable([*before, *after]):
        return None
    quotients = sorted(math.log(later / earlier) for earlier in before for later in after)
    return _between(quotients, _mann_whitney(len(before), len(after)))


def paired_shift(pairs: Sequence[tuple[float, float]]) -> Shift | None:
    """The same of pairs (before, after), each of one plan."""
    if not _measurable([value for pair in pairs for value in pair]):
        return None
    logs = [math.log(after / before) for before, after in pairs]
    averages = sorted((logs[i] + logs[j]) / 2 for i in range(len(logs)) for j in range(i, len(logs)))
    return _between(averages, _signed_ranks(len(logs)))


def _measurable(values: Sequence[float]) -> bool:
    return bool(values) and all(math.isfinite(value) and value > 0 for value in values)


def _between(ordered: Sequence[float], ways: Sequence[int]) -> Shift | None:
    """The interval between the k-th smallest and the k-th largest, with the largest k that has the confidence.

    `ways[u]`: in how many of all arrangements the statistic is u, which also counts how many of `ordered` lie below 0.
    """
    total = sum(ways)
    found: tuple[int, float] | None = None
    outside = 0
    for left_out, count in enumerate(ways[: len(ordered) // 2]):
        outside += count
        confidence = 1 - 2 * outside / total
        if confidence >= CONFIDENCE or (found is None and confidence >= CONFIDENCE_MIN):
            found = (left_out, confidence)
        else:
            break
    if found is None:
        return None
    left_out, confidence = found
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return Shift(math.exp(middle), math.exp(ordered[left_out]), math.exp(ordered[-1 - left_out]), confidence)


def _mann_whitney(first: int, second: int) -> list[int]:
    """How many arrangements of two samples have each count of inversions: the coefficients of a Gaussian binomial."""
    ways = [1]
    for size in range(1, second + 1):
        ways = _times_one_minus(ways, first + size)
        ways = _divided_by_one_minus(ways, size)
    return ways


def _times_one_minus(ways: Sequence[int], power: int) -> list[int]:
    product = [*ways, *[0] * power]
    for index, count in enumerate(ways):
        product[index + power] -= count
    return product


def _divided_by_one_minus(ways: Sequence[int], power: int) -> list[int]:
    quotient = list(ways)
    for index in range(power, len(quotient)):
        quotient[index] += quotient[index - power]
    return quotient[: len(ways) - power]


def _signed_ranks(pairs: int) -> list[int]:
    """How many of the 2**pairs choices of signs have each sum of positive ranks."""
    ways = [1]
    for rank in range(1, pairs + 1):
        raised = [*ways, *[0] * rank]
        for index, count in enumerate(ways):
            raised[index + rank] += count
        ways = raised
    return ways
