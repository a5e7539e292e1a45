"""The stage tells the driver when what a fault killed is at work again, and notes only faults that befell something."""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import cast

import msgspec
import pytest

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.ipc.messages import AnyMessage, FaultDue, Finished, Listening, Mended
from stockstorm.loadtests.ipc.pipe import Pipe
from stockstorm.loadtests.orchestrator import orchestrator as stage
from stockstorm.loadtests.orchestrator.cloud import CloudGiven
from stockstorm.loadtests.subjects import Surroundings
from stockstorm.reports.history import History
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.config import FAULTS, Fault, FaultKind
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.history.facts import AnyFact, FaultEnded, FaultStarted, RunEnded, decoder
from tests.stored_history import text_of


class Database(msgspec.Struct):
    url: str = "postgresql://127.0.0.1:9/none"
    description: str = "none"

    def processes(self) -> list[int]:
        return []


class Service:
    """Back after `looks` looks; it has a worker only."""

    settle_s = lease_s = 0.0
    notes: tuple[str, ...] = ()

    def __init__(self, looks: int) -> None:
        self.did: list[str] = []
        self._looks = looks

    def start(self, surroundings: Surroundings) -> None:
        self.did.append("start")

    def processes(self) -> dict[str, int]:
        return {}

    def statements(self) -> int | None:
        return None

    def revive(self, now_ns: int) -> list[AnyFact]:
        return []

    def kill(self, process: str) -> None:
        if process != "worker":
            raise SubjectError("fault", f"there is no {process}", "name another")
        self.did.append("kill")

    def restart(self, process: str) -> None:
        self.did.append("restart")

    def ready(self, process: str) -> bool:
        self._looks -= 1
        self.did.append("ready" if self._looks < 0 else "not ready")
        return self._looks < 0

    def probe(self, now_ns: int) -> Iterator[AnyFact]:
        yield from ()

    def stop(self) -> None:
        self.did.append("stop")


class Driver:
    """The other end of the pipe: a fault falls due; it finishes once told that it is mended."""

    def __init__(self, fault: FaultKind) -> None:
        self.told: list[AnyMessage] = []
        self._says: list[AnyMessage] = [Listening(port=1), FaultDue(kind=fault, duration_ns=0)]

    def send(self, message: AnyMessage) -> None:
        self.told.append(message)
        if isinstance(message, Mended):
            self._says.append(Finished(complete=True))

    def receive(self, timeout_s: float | None = None) -> AnyMessage | None:
        if not self._says and self.told and not isinstance(self.told[-1], Mended) and len(self.told) > 2:
            return Finished(complete=False)  # it was told to give up
        return self._says.pop(0) if self._says else None


def played(service: Service, driver: Driver, runs: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RunEnded, History]:
    monkeypatch.setattr(stage, "database_work", lambda _: None)
    spec = make_spec(RunOptions(scenario="smoke", faults=("kill_worker@1+0",), runs=runs))
    made = stage.Orchestrator(spec, cast(Pipe, driver), nullcontext(Database()), nullcontext(CloudGiven()), service)
    ended = made.run(os.getpid(), lambda _: None, lambda _: None)
    return ended.fact, History.of(decoder.decode_lines(text_of(RunFolder(spec.folder).history)))


def test_a_fault_counts_as_mended_when_the_restarted_process_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, driver = Service(looks=3), Driver("kill_worker")
    ended, history = played(service, driver, tmp_path, monkeypatch)
    assert ended.complete, ended.reason
    assert service.did == ["start", "kill", "restart", *["not ready"] * 3, "ready", "stop"]
    assert [message for message in driver.told if isinstance(message, Mended)] == [Mended(kind="kill_worker")]
    assert len(history.all(FaultStarted)) == len(history.all(FaultEnded)) == 1


def test_a_fault_of_two_processes_is_mended_when_both_are_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAULTS, "kill_worker", Fault(("worker", "worker"), "both killed"))
    service, driver = Service(looks=1), Driver("kill_worker")
    ended, history = played(service, driver, tmp_path, monkeypatch)
    assert ended.complete, ended.reason
    assert service.did[1:-1] == [*["kill"] * 2, *["restart"] * 2, "not ready", *["ready"] * 3]
    assert [message for message in driver.told if isinstance(message, Mended)] == [Mended(kind="kill_worker")]
    assert len(history.all(FaultStarted)) == len(history.all(FaultEnded)) == 2


def test_what_is_not_ready_in_time_ends_the_run_with_its_log_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "MENDED_WITHIN_S", 0.0)
    ended, _ = played(Service(looks=1_000_000), Driver("kill_worker"), tmp_path, monkeypatch)
    assert not ended.complete
    assert "worker.log" in ended.reason


def test_a_fault_that_could_not_befall_anything_is_not_in_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, history = played(Service(looks=0), Driver("kill_receiver"), tmp_path, monkeypatch)
    assert "there is no receiver" in ended.reason
    assert not history.all(FaultStarted)
