"""Means over seeds and differences paired by seed."""

import math

import pytest

from stockstorm.reports.compare.ranking import excludes_zero, mean_interval, paired_difference, t95
from stockstorm.reports.result import Interval


def test_three_values_give_the_t_interval() -> None:
    found = mean_interval([1.0, 2.0, 3.0])
    assert found is not None
    assert found.value == 2.0
    assert found.low == pytest.approx(2 - 4.303 / math.sqrt(3))
    assert found.high == pytest.approx(2 + 4.303 / math.sqrt(3))


def test_fewer_than_three_seeds_give_no_interval() -> None:
    assert mean_interval([1.0, 3.0]) == Interval(2.0, None, None)


def test_equal_values_give_no_interval() -> None:
    assert mean_interval([0.0, 0.0, 0.0]) == Interval(0.0, None, None)


def test_a_count_is_never_below_its_least_value() -> None:
    found = mean_interval([0.0, 0.0, 5.0], least=0.0)
    assert found is not None
    assert found.low == 0.0


def test_nothing_measured_gives_nothing() -> None:
    assert mean_interval([]) is None
    assert mean_interval([math.nan]) is None


def test_an_infinite_value_makes_the_mean_infinite() -> None:
    assert mean_interval([1.0, math.inf, 2.0]) == Interval(math.inf, None, None)


def test_differences_are_taken_seed_by_seed() -> None:
    found = paired_difference({1: 11.0, 2: 22.0, 3: 33.0}, {1: 1.0, 2: 2.0, 3: 3.0})
    assert found is not None
    assert found.value == 20.0


def test_seeds_of_only_one_subject_are_left_out() -> None:
    assert paired_difference({1: 5.0, 2: 90.0}, {1: 3.0, 4: 1.0}) == Interval(2.0, None, None)


def test_two_infinite_values_have_no_difference() -> None:
    assert paired_difference({1: math.inf}, {1: math.inf}) is None


@pytest.mark.parametrize(
    ("interval", "sure"),
    [
        (Interval(2.0, 1.0, 3.0), True),
        (Interval(-2.0, -3.0, -1.0), True),
        (Interval(1.0, -1.0, 3.0), False),
        (Interval(1.0, None, None), False),
        (None, False),
    ],
)
def test_a_difference_is_certain_only_when_its_interval_excludes_zero(interval: Interval | None, sure: bool) -> None:
    assert excludes_zero(interval) is sure


def test_the_factor_falls_towards_the_normal_one() -> None:
    assert t95(1) > t95(2) > t95(30) > t95(31) == 1.960
