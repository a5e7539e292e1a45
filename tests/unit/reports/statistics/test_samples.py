"""Samples are columns in order of time, whatever order they were found in."""

import math

from stockstorm.reports.statistics.samples import Samples


def test_samples_are_put_in_order_of_time() -> None:
    samples = Samples.of([(30, 1.0), (10, math.inf), (20, 2.5)])
    assert list(samples) == [(10, math.inf), (20, 2.5), (30, 1.0)]
    assert samples.ordered == [1.0, 2.5, math.inf]
    assert len(samples) == 3


def test_there_can_be_no_samples() -> None:
    samples = Samples.of([])
    assert (len(samples), list(samples), samples.ordered) == (0, [], [])
