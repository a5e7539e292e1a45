"""Latencies of several runs as one distribution."""

import math

from stockstorm.reports.compare.run_summary import curve, intervals, pooled
from stockstorm.simulator.clock import SECOND_NS


def test_runs_are_laid_end_to_end_on_whole_seconds() -> None:
    one = [(0, 1.0), (2 * SECOND_NS, 2.0)]
    laid = pooled([(1 * SECOND_NS, one), (1 * SECOND_NS, [(5, 3.0)])])
    assert laid == [(0, 1.0), (2 * SECOND_NS, 2.0), (3 * SECOND_NS + 5, 3.0)]


def test_an_interval_needs_twenty_seconds_of_samples() -> None:
    few = [(second * SECOND_NS, 10.0) for second in range(19)]
    enough = [(second * SECOND_NS, 10.0) for second in range(20)]
    assert intervals("x_ms", few, (0.5,), 1)["x_ms.p50"].low is None
    assert intervals("x_ms", enough, (0.5,), 1)["x_ms.p50"].low == 10.0


def test_no_samples_give_no_measure_and_no_curve() -> None:
    assert intervals("x_ms", [], (0.5, 0.95), 1) == {}
    assert curve([]) == ()


def test_the_curve_rises_and_stops_where_the_rest_never_came() -> None:
    samples = [(n, float(n)) for n in range(1, 91)] + [(n, math.inf) for n in range(10)]
    points = curve(samples)
    assert [ms for _, ms in points] == sorted(ms for _, ms in points)
    assert points[-1][1] == 90.0
    assert 0.88 < points[-1][0] <= 0.9
