"""A judged run reduced to what is compared."""

import pytest

from stockstorm.reports.compare.comparison import Key
from stockstorm.reports.compare.run_summary import RunSummary, reduce_run
from stockstorm.reports.history import History
from stockstorm.reports.result import Result
from stockstorm.simulator.history.facts import DatabaseCounted

BEFORE, AFTER = 0, 10**12  # ns: before all load and after it


def reduced(history: History, result: Result, *counted: DatabaseCounted) -> RunSummary:
    facts = History.of([*history.facts, *counted])
    return reduce_run(Key("queue", 7, None, 0), "report.html", result, facts)


def test_the_databases_work_is_what_it_did_between_its_first_count_and_its_last(
    history: History, result: Result
) -> None:
    counts = (DatabaseCounted(BEFORE, 10, 20, 30), DatabaseCounted(AFTER, 110, 220, 330))
    measures = reduced(history, result, *counts).measures
    worked = {name: measures[f"work.{name}"] for name in ("transactions", "rows_written", "statements")}
    assert worked == {"transactions": 100.0, "rows_written": 200.0, "statements": 300.0}


@pytest.mark.parametrize("counts", [(None, 330), (30, None), (None, None)])
def test_statements_that_nobody_counted_are_not_told(
    history: History, result: Result, counts: tuple[int | None, int | None]
) -> None:
    before, after = counts
    measures = reduced(
        history, result, DatabaseCounted(BEFORE, 10, 20, before), DatabaseCounted(AFTER, 110, 220, after)
    ).measures
    assert (measures["work.transactions"], "work.statements" in measures) == (100.0, False)


def test_one_count_of_the_database_says_nothing(history: History, result: Result) -> None:
    measures = reduced(history, result, DatabaseCounted(BEFORE, 10, 20, 30)).measures
    assert not [name for name in measures if name in {"work.transactions", "work.rows_written", "work.statements"}]
