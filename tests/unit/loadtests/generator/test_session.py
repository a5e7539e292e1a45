"""A test start in Locust: it waits for the stage as long as that takes, and leaves nothing of a run that cannot be."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import msgspec
import pytest

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.generator import session
from stockstorm.loadtests.ipc.messages import Abort, AnyMessage, Finished, Go, Listening, Mended, Setup
from stockstorm.loadtests.ipc.pipe import PipeClosed
from stockstorm.simulator.errors import BackingError


class Orchestrator:
    """The other end of the pipe: says these one after another, then is gone."""

    def __init__(self, *says: AnyMessage) -> None:
        self.told: list[AnyMessage] = []
        self._says = list(says)

    def send(self, message: AnyMessage) -> None:
        self.told.append(message)

    def receive(self, timeout_s: float | None = None) -> AnyMessage:
        assert timeout_s is None, "pulling an image takes as long as it takes"
        if not self._says:
            raise PipeClosed("gone")
        return self._says.pop(0)


class Driver:
    """Stands for the driver; does nothing but note what is asked of it."""

    asked: list[str]
    fails: Exception | None = None
    reason = ""
    error = None

    def __init__(self, *_: Any) -> None:
        Driver.asked = []

    def listen(self) -> int:
        if Driver.fails is not None:
            raise Driver.fails
        return 7

    def conduct(self, go: Go) -> bool:
        gevent.sleep(0)
        Driver.asked.append("conduct")
        return True

    def mended(self) -> None:
        Driver.asked.append("mended")

    def abort(self, reason: str) -> None:
        Driver.asked.append(f"abort: {reason}")

    def discard(self) -> None:
        Driver.asked.append("discard")


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    spec = make_spec(RunOptions(scenario="smoke", runs=tmp_path)).model_dump_json().encode()
    return Setup(msgspec.Raw(spec), admin_token="a", client_secret="b", channel_token="c", channel_secret="d")


def lived(stage: Any, monkeypatch: pytest.MonkeyPatch, fails: Exception | None = None) -> Any:
    """Locust's environment after a whole session."""
    monkeypatch.setattr(session, "_parent", stage)
    monkeypatch.setattr(session, "Driver", Driver)
    monkeypatch.setattr(Driver, "fails", fails)
    environment = SimpleNamespace(process_exit_code=None)
    one = session.Session(environment)
    one.start()
    assert one.ended.wait(5)
    assert one.finished
    return environment


def test_a_run_whose_subject_does_not_start_gives_everything_back_and_says_so(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Orchestrator(setup, Abort(reason="no such database"))
    lived(stage, monkeypatch)
    assert Driver.asked == ["discard"]
    assert stage.told == [Listening(port=7), Abort(reason="nothing was played")]


@pytest.mark.parametrize("fails", [BackingError("port", "taken", "choose another"), OSError("no more descriptors")])
def test_a_port_that_cannot_be_had_is_told_to_the_stage(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, fails: Exception
) -> None:
    stage = Orchestrator(setup)
    lived(stage, monkeypatch, fails)
    assert Driver.asked == ["discard"]
    (told,) = stage.told
    assert isinstance(told, Abort)
    assert told.error is not None
    assert told.error.kind == ("BackingError" if isinstance(fails, BackingError) else "InternalError")


def test_a_stage_that_dies_before_the_load_leaves_nothing_open(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    lived(Orchestrator(setup), monkeypatch)
    assert Driver.asked == ["discard"]


def test_what_the_stage_says_is_mended_is_handed_on_until_it_is_gone(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Orchestrator(setup, Go(), Mended(process="worker"), Mended(process="receiver"))
    lived(stage, monkeypatch)
    assert Driver.asked == ["mended", "mended", "abort: the stage is gone", "conduct"]
    assert stage.told == [Listening(port=7), Finished(complete=True)]


def test_a_defect_is_no_verdict(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lived(Orchestrator(setup), monkeypatch, ZeroDivisionError("defect")).process_exit_code == ExitCode.INTERNAL
