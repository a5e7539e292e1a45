"""Text for a comparison's values."""

import pytest

from stockstorm.reports.compare.build import compare
from stockstorm.reports.compare.comparison import LOST, OVERSOLD, P95
from stockstorm.reports.render.comparison.formats import (
    bound_text,
    difference_range_text,
    difference_text,
    seeds_text,
    size_text,
    spread_text,
    tier_text,
    value_text,
)
from stockstorm.reports.result import Interval
from tests.unit.reports.compared import SUBJECTS, matrix, run_summary


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        (P95, 412.3, "412 ms"),
        (P95, float("inf"), "never"),
        (OVERSOLD, 2.3333, "2.3"),
        (OVERSOLD, 12_345.6, "12,346"),
        ("work.cores", 0.334, "0.33"),
        (LOST, None, "–"),
        (LOST, float("nan"), "–"),
    ],
)
def test_a_value_is_rounded_for_reading(measure: str, value: float | None, text: str) -> None:
    assert value_text(measure, value) == text


def test_an_interval_names_its_unit_once_where_both_ends_share_it() -> None:
    assert spread_text(P95, Interval(400.0, 390.0, 440.0)) == "390 to 440 ms"
    assert spread_text(P95, Interval(900.0, 800.0, 1_200.0)) == "800 ms to 1.2 s"
    assert spread_text(OVERSOLD, Interval(2.0, 0.0, 5.04)) == "0 to 5"


def test_without_an_interval_nothing_is_written() -> None:
    assert (
        spread_text(P95, None)
        == spread_text(P95, Interval(1.0, None, None))
        == difference_range_text(P95, Interval(1.0, None, None))
        == ""
    )


def test_a_difference_carries_its_sign() -> None:
    assert (difference_text(P95, -9_340.0), difference_text(OVERSOLD, 3.0), difference_text(P95, 0.0)) == (
        "−9.34 s",
        "+3",
        "±0",
    )
    assert difference_text(P95, float("inf")) == "+∞"
    assert difference_range_text(OVERSOLD, Interval(1.0, -2.0, 4.0)) == "−2 to +4"


@pytest.mark.parametrize(
    ("seeds", "text"),
    [([7], "seed 7"), ([1, 2, 3], "seeds 1 to 3"), ([1, 4, 7], "seeds 1, 4 and 7"), ([1, 2], "seeds 1 and 2")],
)
def test_seeds_are_listed_or_given_as_a_range(seeds: list[int], text: str) -> None:
    assert seeds_text(seeds) == text


def test_the_size_gives_completed_and_planned_runs() -> None:
    whole = compare(matrix("queue"), SUBJECTS, [run_summary("queue")], [], {})
    part = compare(matrix("queue", "webhook"), SUBJECTS, [run_summary("queue")], [], {})
    assert size_text(whole) == "1 subject · seed 1 · 1 run"
    assert size_text(part) == "2 subjects · seed 1 · 1 of 2 runs"


def test_tier_and_bound_have_a_short_text() -> None:
    entry = compare(matrix("queue"), SUBJECTS, [run_summary("queue", 900.0)], [], {}).by_rate[0].entries[0]
    assert tier_text(entry) == "under 2 s"
    assert bound_text(entry) == "none in 20 sell-outs: at most 15 % of them"
