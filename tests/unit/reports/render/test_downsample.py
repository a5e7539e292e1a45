"""Thinning keeps extremes and ends, and states what was left out."""

import math

import pytest

from stockstorm.reports.render.downsample import (
    Thinned,
    bin_width_s,
    binned,
    rates,
    thin_points,
    thin_steps,
)


def test_few_points_stay_as_they_are_and_need_no_note() -> None:
    thinned = thin_points([0.0, 1.0], [5.0, 6.0], keep=10)
    assert thinned == Thinned([0.0, 1.0], [5.0, 6.0], 2)
    assert thinned.note("dots") == ""


def test_many_points_are_thinned_evenly_and_keep_the_highest() -> None:
    xs = [float(n) for n in range(10_000)]
    ys = [float(n * 7919 % 10_007) for n in range(10_000)]
    thinned = thin_points(xs, ys, keep=500)
    assert 450 <= len(thinned.xs) <= 500
    assert set(sorted(ys)[-50:]) <= set(thinned.ys)
    assert thinned.xs == sorted(thinned.xs)
    assert "of 10,000 dots drawn" in thinned.note("dots")


def test_a_thinned_step_line_keeps_ends_lowest_and_highest() -> None:
    xs = [n / 100 for n in range(50_000)]
    ys = [math.sin(n / 900) * n for n in range(50_000)]
    thinned = thin_steps(xs, ys, bins=200)
    assert len(thinned.xs) <= 804
    assert (thinned.xs[0], thinned.xs[-1]) == (xs[0], xs[-1])
    assert (min(thinned.ys), max(thinned.ys)) == (min(ys), max(ys))


@pytest.mark.parametrize(("span", "width"), [(5, 0.1), (36, 0.5), (600, 5), (86_400, 1200), (1e6, 1e6 / 120)])
def test_bins_have_a_round_width_and_are_at_most_120(span: float, width: float) -> None:
    assert bin_width_s(span) == pytest.approx(width)


def test_values_are_sorted_into_bins_by_time() -> None:
    assert binned([0.1, 0.2, 1.7], [3.0, 1.0, 2.0], 1.0) == {0.5: [1.0, 3.0], 1.5: [2.0]}


def test_counts_become_rates_and_empty_bins_stay() -> None:
    assert rates([0.1, 0.2, 4.9, 99.0], 2.0, 5.0) == ([1.0, 3.0, 5.0], [1.0, 0.0, 0.5])
