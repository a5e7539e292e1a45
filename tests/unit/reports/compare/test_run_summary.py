"""A judged run reduced to what is compared, and runs pooled over seeds."""

import math

import pytest

from stockstorm.reports.compare.comparison import Key
from stockstorm.reports.compare.run_summary import RunSummary, curve, intervals, pooled, reduce_run
from stockstorm.reports.history import History
from stockstorm.reports.result import Result
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import DatabaseCounted

BEFORE, AFTER = 0, 10**12  # ns: before all load and after it


def reduced(history: History, result: Result, *counted: DatabaseCounted) -> RunSummary:
    facts = History.of([*history.facts, *counted])
    return reduce_run(Key("queue", 7, None, 0), "report.html", result, facts)


def test_database_work_is_the_difference_between_its_last_and_first_count(history: History, result: Result) -> None:
    counts = (DatabaseCounted(BEFORE, 10, 20, 30), DatabaseCounted(AFTER, 110, 220, 330))
    measures = reduced(history, result, *counts).measures
    worked = {name: measures[f"work.{name}"] for name in ("transactions", "rows_written", "statements")}
    assert worked == {"transactions": 100.0, "rows_written": 200.0, "statements": 300.0}


@pytest.mark.parametrize("counts", [(None, 330), (30, None), (None, None)])
def test_statements_that_were_not_counted_are_no_measure(
    history: History, result: Result, counts: tuple[int | None, int | None]
) -> None:
    before, after = counts
    measures = reduced(
        history, result, DatabaseCounted(BEFORE, 10, 20, before), DatabaseCounted(AFTER, 110, 220, after)
    ).measures
    assert (measures["work.transactions"], "work.statements" in measures) == (100.0, False)


def test_one_count_of_the_database_gives_no_measure(history: History, result: Result) -> None:
    measures = reduced(history, result, DatabaseCounted(BEFORE, 10, 20, 30)).measures
    assert not [name for name in measures if name in {"work.transactions", "work.rows_written", "work.statements"}]


def test_runs_are_placed_end_to_end_on_whole_seconds() -> None:
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


def test_the_curve_rises_and_ends_before_infinite_latencies() -> None:
    samples = [(n, float(n)) for n in range(1, 91)] + [(n, math.inf) for n in range(10)]
    points = curve(samples)
    assert [ms for _, ms in points] == sorted(ms for _, ms in points)
    assert points[-1][1] == 90.0
    assert 0.88 < points[-1][0] <= 0.9
