"""A test start in Locust: it waits for the orchestrator, and frees everything when a run cannot begin."""

from collections.abc import Callable
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
from stockstorm.loadtests.generator.recorder import RunState
from stockstorm.loadtests.ipc.messages import (
    Abort,
    AnyMessage,
    FaultBegun,
    FaultOver,
    Finished,
    Go,
    Listening,
    PendingCounted,
    Setup,
)
from stockstorm.loadtests.ipc.pipe import PipeClosed
from stockstorm.simulator.errors import BackingError


class Orchestrator:
    """The other end of the pipe: sends the given messages, then closes."""

    def __init__(self, *messages: AnyMessage) -> None:
        self.received: list[AnyMessage] = []
        self._messages = list(messages)

    def send(self, message: AnyMessage) -> None:
        self.received.append(message)

    def receive(self, timeout_s: float | None = None) -> AnyMessage:
        assert timeout_s is None, "pulling an image has no time limit"
        if not self._messages:
            raise PipeClosed("closed")
        return self._messages.pop(0)


class Driver:
    """Stands for the driver. Records its calls and does nothing else."""

    calls: list[str]
    fails: Exception | None = None

    def __init__(self, *_: Any) -> None:
        Driver.calls = []
        self.state = RunState()

    def listen(self) -> int:
        if Driver.fails is not None:
            raise Driver.fails
        return 7

    def conduct(self, go: Go, on_start: Callable[[], None]) -> bool:
        on_start()
        gevent.sleep(0)
        Driver.calls.append("conduct")
        return not self.state.aborted

    def recovered(self) -> None:
        Driver.calls.append("recovered")

    def fault_begun(self) -> None:
        Driver.calls.append("begun")

    def counted(self, read: PendingCounted) -> None:
        Driver.calls.append(f"{read.probe} pending")

    def discard(self) -> None:
        Driver.calls.append("discard")


class Host:
    """Stands for a Locust user."""

    def __init__(self) -> None:
        self.connections: list[Callable[[], None]] = []

    def spawn(self, serve: Callable[[], None]) -> None:
        self.connections.append(serve)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    spec = make_spec(RunOptions(scenario="smoke", runs=tmp_path)).model_dump_json().encode()
    return Setup(msgspec.Raw(spec), admin_token="a", client_secret="b", channel_token="c", channel_secret="d")


def environment_of() -> Any:
    request = SimpleNamespace(fire=lambda **_: None)
    return SimpleNamespace(
        process_exit_code=None, parsed_options=None, events=SimpleNamespace(request=request), stats=None
    )


def run_session(orchestrator: Any, monkeypatch: pytest.MonkeyPatch, fails: Exception | None = None) -> Any:
    """Locust's environment after a whole session."""
    monkeypatch.setattr(session, "_parent", orchestrator)
    monkeypatch.setattr(session, "Driver", Driver)
    monkeypatch.setattr(Driver, "fails", fails)
    environment = environment_of()
    one = session.Session(environment)
    one.start()
    assert one.ended.wait(5)
    assert one.finished
    return environment


def test_everything_is_freed_when_the_subject_does_not_start(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    orchestrator = Orchestrator(setup, Abort(reason="no such database"))
    run_session(orchestrator, monkeypatch)
    assert Driver.calls == ["discard"]
    assert orchestrator.received == [Listening(port=7), Abort(reason="the run did not begin")]


@pytest.mark.parametrize("fails", [BackingError("port", "taken", "choose another"), OSError("no more descriptors")])
def test_the_orchestrator_learns_why_the_apis_cannot_listen(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, fails: Exception
) -> None:
    orchestrator = Orchestrator(setup)
    run_session(orchestrator, monkeypatch, fails)
    assert Driver.calls == ["discard"]
    (message,) = orchestrator.received
    assert isinstance(message, Abort)
    assert message.error is not None
    assert message.error.kind == ("BackingError" if isinstance(fails, BackingError) else "InternalError")


def test_everything_is_freed_when_the_orchestrator_dies_before_the_load(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_session(Orchestrator(setup), monkeypatch)
    assert Driver.calls == ["discard"]


def test_the_driver_learns_of_recovered_processes_and_of_the_end_of_the_orchestrator(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = (FaultOver(kind="kill_worker"), FaultOver(kind="kill_receiver"))
    orchestrator = Orchestrator(setup, Go(), FaultBegun(), *over, PendingCounted(1, 2, probe=66))
    run_session(orchestrator, monkeypatch)
    assert Driver.calls == ["begun", "recovered", "recovered", "66 pending", "conduct"]
    finished = Finished(complete=False, reason="the orchestrator ended during the run")
    assert orchestrator.received == [Listening(port=7), finished]


def test_a_defect_is_no_verdict(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = run_session(Orchestrator(setup), monkeypatch, ZeroDivisionError("defect"))
    assert environment.process_exit_code == ExitCode.INTERNAL


def test_connections_are_hosted_by_the_users_in_turn() -> None:
    one = session.Session(environment_of())
    hosts = [Host(), Host()]
    one.hosts += hosts
    for _ in range(5):
        one._spawn(lambda: None)
    assert [len(host.connections) for host in hosts] == [3, 2]
