"""Whatever the orchestrator does, its supervisor ends the run with the right cause and leaves nothing behind."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.orchestrator import supervisor
from stockstorm.loadtests.orchestrator.ending import INTERRUPTED, Ending
from stockstorm.loadtests.orchestrator.supervisor import Supervisor, complete_history, limits_of
from stockstorm.loadtests.processes.of_run import processes_of
from stockstorm.scenarios.loader import load
from stockstorm.simulator.errors import InternalError
from stockstorm.simulator.history.facts import PhaseStarted, RunEnded, decoder
from stockstorm.simulator.io.journal import Journal
from tests import fake_orchestrator as fake
from tests.stored_history import text_of

Supervise = Callable[..., Ending]


@pytest.fixture
def spec(tmp_path: Path) -> RunSpec:
    return make_spec(RunOptions(scenario="smoke", runs=tmp_path))


@pytest.fixture
def supervise(spec: RunSpec, monkeypatch: pytest.MonkeyPatch) -> Supervise:
    """Runs to the end beside an orchestrator of this kind. `show` may raise, as an interruption does."""
    monkeypatch.setattr(supervisor, "MODULE", fake.__name__)
    monkeypatch.setattr(supervisor, "PARTS_END_WITHIN_S", 0.5)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(("", *os.environ.get("PYTHONPATH", "").split(os.pathsep))))

    def run(kind: Callable[..., None], show: Callable[[str], None] = lambda _: None) -> Ending:
        monkeypatch.setenv(fake.FAKE, kind.__name__)
        ending = Supervisor(spec, show, lambda _: None).run()
        assert processes_of(spec.folder) == []
        return ending

    return run


def ends_of(spec: RunSpec) -> list[str]:
    """The reasons of the ends that the history holds."""
    facts = decoder.decode_lines(text_of(spec.history_path))
    return [fact.reason for fact in facts if isinstance(fact, RunEnded)]


def test_a_run_that_is_done_ends_as_its_orchestrator_says(supervise: Supervise) -> None:
    ending = supervise(fake.finishes)
    assert (ending.fact.complete, ending.cause) == (True, None)


def test_a_run_that_went_on_while_its_supervisor_stood_still_is_not_hung(
    supervise: Supervise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by Ctrl-Z and `fg`, or before a terminal that is held by Ctrl-S: what it missed is in its pipe."""
    bounds = Bounds(silent_s=0.5)
    monkeypatch.setattr(supervisor, "limits_of", lambda _: bounds)
    monkeypatch.setattr(supervisor, "TICK_S", 0.1)
    monkeypatch.setattr(supervisor, "STOOD_STILL_MIN_S", 0.1)

    def stands_still(step: str) -> None:
        bounds.show(step)
        time.sleep(1.5)

    ending = supervise(fake.says_and_finishes, stands_still)
    assert (ending.fact.complete, ending.cause) == (True, None)


@pytest.mark.parametrize(
    ("kind", "found"),
    [(fake.exits, "it ended with code 3 and without a message"), (fake.is_killed, "it ended by signal 9")],
)
def test_an_orchestrator_that_dies_is_named_and_its_children_end(
    supervise: Supervise, spec: RunSpec, kind: Callable[..., None], found: str
) -> None:
    ending = supervise(kind)
    assert isinstance(ending.cause, InternalError)
    assert (ending.cause.where, ending.cause.found) == ("orchestrator", found)
    assert ends_of(spec) == [str(ending.cause)]


class Bounds:
    """Bounds that begin to count when the orchestrator has said that it waits: a busy machine starts it late."""

    total_s = silent_s = 1e9

    def __init__(self, **seconds: float) -> None:
        self._seconds = seconds

    def show(self, step: str) -> None:
        if step == "waiting":
            self.__dict__.update(self._seconds)


def test_one_that_holds_the_interpreter_lock_is_ended_with_its_stacks(
    supervise: Supervise, spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = Bounds(silent_s=0.5)
    monkeypatch.setattr(supervisor, "limits_of", lambda _: bounds)
    ending = supervise(fake.holds_the_lock, bounds.show)
    stacks = spec.folder / "stacks.txt"
    assert str(ending.cause).startswith(f"orchestrator: it gave no sign for 0 s\n  → read {stacks}")
    assert "in holds_the_lock" in stacks.read_text()
    assert ends_of(spec) == [str(ending.cause)]


def test_one_that_gives_signs_for_ever_is_ended_too(
    supervise: Supervise, spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = Bounds(total_s=0.0)
    monkeypatch.setattr(supervisor, "limits_of", lambda _: bounds)
    ending = supervise(fake.talks_for_ever, bounds.show)
    assert "orchestrator: the run did not end within 0 s" in str(ending.cause)
    assert "in talks_for_ever" in (spec.folder / "stacks.txt").read_text()


def test_an_interruption_is_passed_on(supervise: Supervise) -> None:
    def interrupts(step: str) -> None:
        if step == "waiting":
            raise KeyboardInterrupt

    ending = supervise(fake.is_interrupted, interrupts)
    assert isinstance(ending.cause, KeyboardInterrupt)
    assert ending.fact.reason == INTERRUPTED


def test_an_interruption_that_is_not_heeded_ends_the_run_with_stacks(
    supervise: Supervise, spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "RUN_BREAKS_OFF_WITHIN_S", 1.0)

    def interrupts(step: str) -> None:
        if step == "waiting":
            raise KeyboardInterrupt

    ending = supervise(fake.ignores_interruptions, interrupts)
    assert "it did not end within 1 s of the interruption" in str(ending.cause)
    assert "in ignores_interruptions" in (spec.folder / "stacks.txt").read_text()


def test_the_end_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl.zst"
    with Journal(path) as journal:
        journal.write([PhaseStarted(at_ns=1, phase="x")])
    complete_history(path, "first")
    complete_history(path, "second")
    facts = decoder.decode_lines(text_of(path))
    assert [fact.reason for fact in facts if isinstance(fact, RunEnded)] == ["first"]


def test_a_longer_run_has_a_longer_bound_and_images_take_their_time(tmp_path: Path) -> None:
    short, long, pulled = (
        limits_of(make_spec(RunOptions(scenario="smoke", runs=tmp_path, **options)))
        for options in ({}, {"seconds": 3600.0}, {"postgres": "docker"})
    )
    added_s = 3600 - load("smoke").load_s
    assert long.total_s - short.total_s >= added_s
    assert long.silent_s == short.silent_s < pulled.silent_s
    assert short.total_s < 15 * 60
