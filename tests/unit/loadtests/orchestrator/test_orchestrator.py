"""The orchestrator reports when a killed process is ready again, and records only faults that took effect."""

import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.ipc.messages import (
    Abort,
    AnyMessage,
    FaultBegun,
    FaultDue,
    FaultOver,
    Finished,
    Go,
    Listening,
    PendingCounted,
    Quiescing,
    SentError,
)
from stockstorm.loadtests.ipc.pipe import Pipe
from stockstorm.loadtests.orchestrator import orchestrator as module
from stockstorm.loadtests.orchestrator.cloud import CloudContext
from stockstorm.loadtests.orchestrator.faults import PlannedFaults
from stockstorm.loadtests.orchestrator.run import report
from stockstorm.loadtests.orchestrator.watch import Watch
from stockstorm.loadtests.processes.part import Part
from stockstorm.loadtests.subjects import Pending, Receiving, Surroundings
from stockstorm.reports.history import History
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.config import FaultKind, FaultTarget, FaultTrigger
from stockstorm.simulator.errors import BackingError, InternalError, LimitError, StockstormError
from stockstorm.simulator.history.facts import AnyFact, FaultEnded, FaultStarted, RunEnded, decoder
from tests.stored_history import text_of


class Database(msgspec.Struct):
    url: str = ""
    description: str = "none"

    part: Part | None = None

    def processes(self) -> list[int]:
        return []

    folder: Path | None = None

    def check(self, planned: bool) -> None: ...


class Service:
    """A subject with one process, a worker, that is ready after `polls` polls."""

    log = Path("worker.log")

    settle_s = pauses_s = lease_s = 0.0
    notes: tuple[str, ...] = ()

    def __init__(self, polls: int) -> None:
        self.did: list[str] = []
        self._polls = polls

    def start(self, surroundings: Surroundings | None = None) -> None:
        self.did.append("start")

    receiving = Receiving()

    def statements(self) -> int | None:
        return None

    def revive(self, now_ns: int, is_down: Callable[[FaultTarget], bool]) -> list[AnyFact]:
        return []

    def parts(self) -> dict[FaultTarget, Part]:
        return {"worker": self}

    def kill(self) -> None:
        self.did.append("kill")

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def ready(self) -> bool:
        self._polls -= 1
        self.did.append("ready" if self._polls < 0 else "not ready")
        return self._polls < 0

    def probe(self, now_ns: int) -> Iterator[AnyFact]:
        yield from ()

    def pending(self) -> Pending:
        return Pending(3)

    def stop(self) -> None:
        self.did.append("stop")


class Driver:
    """The other end of the pipe: a fault is due, and the run finishes once the fault is over."""

    def __init__(self, fault: FaultKind, on: FaultTrigger = "time") -> None:
        self.received: list[AnyMessage] = []
        self._sends: list[AnyMessage] = [Listening(port=1), FaultDue(kind=fault, duration_ns=0, on=on)]

    def send(self, message: AnyMessage) -> None:
        self.received.append(message)
        if isinstance(message, FaultOver):
            self._sends.append(Finished(complete=True))

    def receive(self, timeout_s: float | None = None) -> AnyMessage | None:
        if not self._sends and self.received and isinstance(self.received[-1], Abort):
            return Finished(complete=False)
        return self._sends.pop(0) if self._sends else None


def run(
    service: Service,
    driver: Driver,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    database: Database = Database(),  # noqa: B008 - nobody changes it
) -> tuple[RunEnded, History]:
    monkeypatch.setattr("stockstorm.loadtests.backing.postgres.server.database_work", lambda _: None)
    spec = make_spec(RunOptions(scenario="smoke", faults=("kill_worker@1+0",), runs=runs))
    made = module.Orchestrator(spec, cast(Pipe, driver), nullcontext(database), nullcontext(CloudContext()), service)
    ended = made.run(os.getpid(), lambda _: None, lambda _: None)
    return ended.fact, History.of(decoder.decode_lines(text_of(RunFolder(spec.folder).history)))


def test_a_fault_is_over_when_the_restarted_process_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service, driver = Service(polls=3), Driver("kill_worker")
    ended, history = run(service, driver, tmp_path, monkeypatch)
    assert ended.complete, ended.reason
    assert service.did == ["start", "kill", "start", *["not ready"] * 3, "ready", "stop"]
    assert [message for message in driver.received if isinstance(message, FaultOver)] == [FaultOver(kind="kill_worker")]
    assert len(history.all(FaultStarted)) == len(history.all(FaultEnded)) == 1


def test_the_end_of_a_run_waits_for_as_long_as_a_service_says_that_it_may_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, driver = Service(polls=1), Driver("kill_worker")
    service.pauses_s = 20.0
    run(service, driver, tmp_path, monkeypatch)
    assert [(go.settle_s, go.polls) for go in driver.received if isinstance(go, Go)] == [(20.0, False)]


@pytest.mark.parametrize(("on", "told"), [("time", 0), ("executed", 1), ("acknowledged", 1)])
def test_the_generator_learns_when_a_fault_on_evidence_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on: FaultTrigger, told: int
) -> None:
    driver = Driver("kill_worker", on)
    _, history = run(Service(polls=1), driver, tmp_path, monkeypatch)
    begun = [isinstance(message, FaultBegun) for message in driver.received]
    assert sum(begun) == told
    assert [fact.on for fact in history.all(FaultStarted)] == [on]
    over = next(place for place, message in enumerate(driver.received) if isinstance(message, FaultOver))
    assert all(place < over for place, is_begun in enumerate(begun) if is_begun)


def test_what_failed_until_the_end_of_a_fault_of_the_database_is_forgiven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that was refused just before the database was ready is found by the next check, after the fault."""
    did: list[str] = []
    service = Service(polls=1)
    monkeypatch.setattr(PlannedFaults, "tick", _noting(PlannedFaults.tick, "tick", did))
    monkeypatch.setattr(Watch, "forgive", _noting(Watch.forgive, "forgive", did))
    ended, history = run(service, Driver("kill_database"), tmp_path, monkeypatch, Database(part=service))
    assert ended.complete, ended.reason
    assert [fact.target for fact in history.all(FaultEnded)] == ["database"]
    assert did[:2] == ["tick", "forgive"]
    assert did[-1] == "forgive"


def _noting(method: Callable[[Any], None], name: str, did: list[str]) -> Callable[[Any], None]:
    def noted(one: Any) -> None:
        did.append(name)
        method(one)

    return noted


class FailingGenerator(Driver):
    """A generator that cannot build its plan."""

    def __init__(self, error: StockstormError) -> None:
        super().__init__("kill_worker")
        self._sends = [Abort(reason=str(error), error=SentError.of(error))]


@pytest.mark.parametrize("kind", [LimitError, BackingError, InternalError])
def test_an_error_of_the_generator_is_raised_again_as_its_own_class(
    kind: type[StockstormError], tmp_path: Path
) -> None:
    spec = make_spec(RunOptions(scenario="smoke", runs=tmp_path))
    generator = FailingGenerator(kind("the plan", "too large", "lower the rates"))
    made = module.Orchestrator(
        spec, cast(Pipe, generator), nullcontext(Database()), nullcontext(CloudContext()), Service(polls=0)
    )
    ending = made.run(os.getpid(), lambda _: None, lambda _: None)
    assert not ending.fact.complete
    with pytest.raises(kind) as caught:
        report(spec, ending)
    error = caught.value
    assert (error.where, error.found) == ("the plan", "too large")
    assert error.remedy == f"lower the rates; files of the run: {spec.folder}"


class Quiet(Driver):
    """The other end of the pipe: it asks for pending work, and the run finishes once it has two reads."""

    def __init__(self) -> None:
        super().__init__("kill_worker")
        self._sends = [Listening(port=1), Quiescing()]

    def send(self, message: AnyMessage) -> None:
        self.received.append(message)
        if [type(one) for one in self.received].count(PendingCounted) == 2:
            self._sends.append(Finished(complete=True))

    def receive(self, timeout_s: float | None = None) -> AnyMessage | None:
        return self._sends.pop(0) if self._sends else None


def test_reads_of_pending_work_are_passed_on_while_the_generator_waits_for_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Quiet()
    ended, _ = run(Service(polls=0), driver, tmp_path, monkeypatch)
    assert ended.complete, ended.reason
    reads = [message for message in driver.received if isinstance(message, PendingCounted)]
    assert [read.probe for read in reads[:2]] == [3, 3]


class Failing(Database):
    def check(self, planned: bool) -> None:
        raise BackingError("embedded PostgreSQL", "it failed", "run again")


class Told(Driver):
    """The other end of the pipe, which stops the load when it is told to."""

    def __init__(self, did: list[str]) -> None:
        super().__init__("kill_worker")
        self._sends, self._did = [Listening(port=1)], did

    def send(self, message: AnyMessage) -> None:
        if isinstance(message, Abort):
            self._did.append("the load is stopped")
            self._sends.append(Finished(complete=False, reason=message.reason))

    def receive(self, timeout_s: float | None = None) -> AnyMessage | None:
        return self._sends.pop(0) if self._sends else None


def test_a_run_that_breaks_off_stops_the_load_before_the_subject_which_would_refuse_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockstorm.loadtests.backing.postgres.server.database_work", lambda _: None)
    service = Service(polls=0)
    spec = make_spec(RunOptions(scenario="smoke", runs=tmp_path))
    pipe = cast(Pipe, Told(service.did))
    made = module.Orchestrator(spec, pipe, nullcontext(Failing()), nullcontext(CloudContext()), service)
    ending = made.run(os.getpid(), lambda _: None, lambda _: None)
    assert "embedded PostgreSQL: it failed" in ending.fact.reason
    assert service.did == ["start", "the load is stopped", "stop"]
