"""Facts reach the journal and the figures; a journal that refuses them aborts the run."""

from pathlib import Path

import pytest

from stockstorm.loadtests.generator.figures import LiveFigures
from stockstorm.loadtests.generator.recorder import Recorder, RunState
from stockstorm.simulator.history.facts import EventFired
from stockstorm.simulator.io.journal import Journal
from tests.stored_history import facts_of

FIRED = EventFired(at_ns=1, event=1, event_id="x", source="shopify", topic="orders/create")


def test_the_first_reason_to_abort_counts() -> None:
    state = RunState()
    seen = [state.aborted]
    for reason in ("the disk is full", "stopped from Locust"):
        state.abort(reason)
        seen.append(state.aborted)
    assert seen == [False, True, True]
    assert state.reason == "the disk is full"


def test_facts_reach_the_journal_and_the_figures(tmp_path: Path) -> None:
    figures, state = LiveFigures(()), RunState()
    recorder = Recorder(Journal(tmp_path / "history.jsonl.zst"), figures, state)
    recorder.write([FIRED, FIRED])
    recorder.close()
    assert figures.events == 2
    assert len(facts_of(tmp_path)) == 2
    assert not state.aborted


@pytest.mark.parametrize("limit", [0, 1])
def test_a_journal_that_refuses_facts_aborts_the_run(tmp_path: Path, limit: int) -> None:
    state = RunState()
    recorder = Recorder(Journal(tmp_path / "history.jsonl.zst", limit=limit), LiveFigures(()), state)
    recorder.write([FIRED, FIRED])
    recorder.close()
    assert state.reason.startswith(f"history {tmp_path / 'history.jsonl.zst'}: ")
