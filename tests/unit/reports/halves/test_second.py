"""In which order the second process hands over what it has, and what it says of the rest."""

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stockstorm.reports.checkers import CHECKERS, check_key
from stockstorm.reports.halves.first import Second
from stockstorm.reports.halves.second import (
    ANSWER,
    BOTH_HALVES,
    END,
    GIVEN,
    READ,
    Frame,
    Question,
    frames,
)
from stockstorm.reports.history.deliveries import OF_EVENTS
from stockstorm.reports.render.figures import FIGURES, figure_key
from stockstorm.reports.store import read_history
from stockstorm.reports.verdict.samples import ACK_INTERVALS, SYNC_INTERVALS
from tests.modelled.subject import Behaviour
from tests.unit.reports.halves.test_halves import stored


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("run"), Behaviour(), 12, probed=True) / "history.jsonl.zst"


def latencies(file: Path) -> dict[str, Any]:
    history = read_history(file.parent)
    return {name: getattr(history, name) for name in ("sync_samples", "sync_samples_with_moot")}


def until_end(told: Iterator[Frame]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in told:
        found[name] = value
        if name == END:
            break
    return found


def test_what_needs_the_other_half_is_told_at_once_and_what_needs_latencies_when_they_come(file: Path) -> None:
    questions: queue.Queue[Question] = queue.Queue()
    told = frames(file, questions)
    first = until_end(told)
    assert first["check drift"] is None  # rests on the master's record
    assert first[ACK_INTERVALS]
    assert set(first[READ]) - set(first) == {SYNC_INTERVALS, *map(figure_key, FIGURES[1:4])}
    assert first[END] == 0
    questions.put((GIVEN, latencies(file)))
    then = until_end(told)
    assert next(iter(then)) == SYNC_INTERVALS
    assert then[END] == 1
    assert set(first[READ]) <= {*first, *then}


def test_a_question_and_what_is_given_come_before_the_next_value(file: Path) -> None:
    questions: queue.Queue[Question] = queue.Queue()
    told = frames(file, questions)
    assert next(told)[0] == READ
    assert next(told)[0] == "Deliveries.first_attempt_ns"
    questions.put((GIVEN, latencies(file)))
    questions.put((OF_EVENTS, (1, 2)))
    name, deliveries = next(told)
    assert name == ANSWER
    assert set(deliveries) == {1, 2}
    names = list(until_end(told))
    assert names.index(SYNC_INTERVALS) < names.index("check stability")


def test_every_value_that_is_left_out_has_its_name_in_the_registry(file: Path) -> None:
    assert {check_key(checker.name) for checker in CHECKERS} | set(map(figure_key, FIGURES)) > BOTH_HALVES
    assert not BOTH_HALVES & set(next(frames(file, queue.Queue()))[1])


def test_a_value_that_nobody_will_build_is_not_waited_for(file: Path) -> None:
    second = Second(file)
    try:
        assert second.value(READ)
        assert second.value("check oversell") is None
        assert second.value("check drift") is None
        assert "check delivery" not in second._values  # nothing was read beyond what was asked for
        assert second.value(SYNC_INTERVALS) is None  # nothing was given, and everything else was built
        second.give(latencies(file))
        assert second.value(figure_key(FIGURES[1])) is not None
        assert not second.failure
    finally:
        second.close()
