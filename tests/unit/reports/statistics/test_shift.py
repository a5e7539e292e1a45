"""By which factor one sample lies above another, with an exact interval."""

import itertools
import math
import random

import pytest

from stockstorm.reports.statistics.shift import CONFIDENCE, Shift, paired_shift, shift


def known(found: Shift | None) -> Shift:
    assert found is not None
    return found


def test_the_factor_is_the_middle_of_all_quotients() -> None:
    assert known(shift([1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0])).factor == pytest.approx(2.0)


def test_three_runs_a_side_are_too_few_and_four_are_enough() -> None:
    assert shift([1.0, 1.1, 1.2], [2.0, 2.1, 2.2]) is None
    assert known(shift([1.0, 1.1, 1.2, 1.3], [2.0, 2.1, 2.2, 2.3])).confidence == pytest.approx(1 - 2 / 70)


def test_five_pairs_are_too_few_and_six_are_enough() -> None:
    assert paired_shift([(1.0, 2.0)] * 5) is None
    assert known(paired_shift([(1.0, 2.0)] * 6)).confidence == pytest.approx(1 - 2 / 64)


def test_a_value_of_zero_or_one_that_was_never_reached_has_no_factor() -> None:
    assert shift([0.0, 1.0, 1.0, 1.0], [1.0] * 4) is None
    assert shift([1.0] * 4, [1.0, 1.0, 1.0, math.inf]) is None
    assert shift([], []) is None


@pytest.mark.parametrize("runs", [5, 8])
def test_intervals_hold_the_truth_as_often_as_they_say(runs: int) -> None:
    rng = random.Random(7)
    missed = 0
    for _ in range(1_000):
        sides = [[factor * math.exp(rng.gauss(0, 0.2)) for _ in range(runs)] for factor in (1.0, 1.5)]
        found = known(shift(sides[0], sides[1]))
        missed += not found.low <= 1.5 <= found.high
    assert missed <= 1_000 * (1 - CONFIDENCE) * 2


def test_the_interval_of_pairs_is_exact_over_all_signs() -> None:
    sizes = [0.01 * rank for rank in range(1, 9)]
    missed = 0
    for signs in itertools.product((-1, 1), repeat=len(sizes)):
        pairs = [(1.0, math.exp(sign * size)) for sign, size in zip(signs, sizes, strict=True)]
        found = known(paired_shift(pairs))
        missed += not found.low <= 1 <= found.high
    assert missed / 2 ** len(sizes) <= 1 - CONFIDENCE
