"""The histogram of lateness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockstorm.simulator.io.dispatcher import Lateness


def test_an_empty_histogram_has_no_lateness() -> None:
    assert (Lateness().quantile_ns(0.99), Lateness().max_ns, Lateness().count) == (0, 0, 0)


def test_early_counts_as_on_time() -> None:
    lateness = Lateness()
    lateness.add(-5_000_000)
    assert (lateness.quantile_ns(1.0), lateness.max_ns, lateness.count) == (0, 0, 1)


@pytest.mark.parametrize(("share", "true_ns"), [(0.5, 50_000_000), (0.99, 99_000_000), (1.0, 100_000_000)])
def test_a_quantile_lies_at_most_a_fifteenth_of_a_millisecond_above_the_true_one(share: float, true_ns: int) -> None:
    lateness = Lateness()
    for step in range(1, 1001):
        lateness.add(step * 100_000)
    assert true_ns <= lateness.quantile_ns(share) <= true_ns + 66_000


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=50), st.floats(0.01, 1.0))
def test_no_quantile_understates_the_values_it_covers(values: list[int], share: float) -> None:
    lateness = Lateness()
    for value in values:
        lateness.add(value)
    quantile_ns = lateness.quantile_ns(share)
    assert sum(value <= quantile_ns for value in values) >= share * len(values) - 1e-6
    assert quantile_ns <= max(values)
