"""Reads of pending work: again and again in a thread of their own, until they are stopped or cannot tell anything."""

import itertools
import threading
import time
from collections.abc import Callable

import pytest

from stockstorm.loadtests.ipc.messages import PendingCounted
from stockstorm.loadtests.orchestrator import pending_reads as module
from stockstorm.loadtests.orchestrator.pending_reads import PendingReader
from stockstorm.loadtests.subjects import Pending
from stockstorm.simulator.errors import BackingError

WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_CONFIRM_S", 0.01)


def fetched(reader: PendingReader, count: int) -> list[PendingCounted]:
    found: list[PendingCounted] = []
    deadline = time.monotonic() + WITHIN_S
    while len(found) < count and time.monotonic() < deadline:
        found += reader.fetch()
        time.sleep(0.005)
    return found


def read(probe: Callable[[], Pending], depth: Callable[[], int] | None = None) -> PendingCounted:
    reader = PendingReader(probe)
    reader.start(depth)
    found = fetched(reader, 1)
    reader.stop()
    return found[0]


def test_reads_go_on_in_order_until_they_are_stopped() -> None:
    counts = iter(range(1_000))
    reader = PendingReader(lambda: Pending(next(counts)))
    reader.start()
    reader.start()
    found = fetched(reader, 3)
    reader.stop()
    assert [read.probe for read in found[:3]] == [0, 1, 2]
    assert all(one.ended_ns <= later.began_ns for one, later in itertools.pairwise(found))


def test_probe_and_queue_are_read_together() -> None:
    found = read(lambda: Pending(2, ("worker",)), lambda: 7)
    assert (found.probe, found.queue, found.silent) == (2, 7, ("worker",))
    assert found.visible
    assert not found.clean


def test_a_queue_that_does_not_answer_is_named() -> None:
    def gone() -> int:
        raise BackingError("AWS", "it is gone", "start it")

    found = read(lambda: Pending(0), gone)
    assert (found.queue, found.silent, found.clean) == (None, ("queue",), False)


def test_a_subject_that_cannot_tell_is_asked_once() -> None:
    asked: list[int] = []

    def nothing() -> Pending:
        asked.append(1)
        return Pending()

    reader = PendingReader(nothing)
    reader.start()
    assert len(fetched(reader, 1)) == 1
    for thread in threading.enumerate():
        if thread.name == "pending reads":
            thread.join(WITHIN_S)
    assert len(asked) == 1


def test_a_process_that_does_not_answer_is_asked_again() -> None:
    answers = iter([Pending(silent=("service",)), Pending(silent=("service",)), Pending(1)])
    reader = PendingReader(lambda: next(answers, Pending(0)))
    reader.start()
    found = fetched(reader, 3)
    reader.stop()
    assert [read.silent for read in found[:3]] == [("service",), ("service",), ()]
