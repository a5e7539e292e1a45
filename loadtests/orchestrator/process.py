"""The process of the orchestrator, which its supervisor starts: `python -m …orchestrator.process SPEC [GENERATOR_PID]`.

The composition root of a run: builds database, cloud, subject and orchestrator, and starts Locust, unless the pipe to a
generator that runs already was passed down. Standard error goes to the log `orchestrator.log` of the run.
"""

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Final

from stockstorm.loadtests.backing.postgres import Backing, NoDatabase, choose_backing
from stockstorm.loadtests.config.checks import POSTGRES_URL, POSTGRES_URL_VARIABLE
from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.exits import unforeseen
from stockstorm.loadtests.ipc.messages import Finished, Live, SentError, Step
from stockstorm.loadtests.ipc.pipe import FD_VARIABLE, SUPERVISOR_FD_VARIABLE, Pipe, PipeClosed, make_pair
from stockstorm.loadtests.orchestrator.cloud import open_cloud
from stockstorm.loadtests.orchestrator.ending import Ending
from stockstorm.loadtests.orchestrator.orchestrator import Orchestrator
from stockstorm.loadtests.processes import stacks
from stockstorm.loadtests.processes.child import IMPORT_ROOT, Child
from stockstorm.loadtests.processes.signals import ENDING, heed
from stockstorm.loadtests.subjects import Subject
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.own.subject import OwnSubject
from stockstorm.loadtests.subjects.reference import ReferenceSubject
from stockstorm.simulator.errors import InternalError, StockstormError

LOCUSTFILE: Final = IMPORT_ROOT / "stockstorm" / "loadtests" / "locustfile.py"
STOP_TIMEOUT_S: Final = 6  # above the 5 s that an attempt may take
# What this process has for itself, and a user's service does not get. A database's URL holds a password.
PRIVATE: Final = (FD_VARIABLE, SUPERVISOR_FD_VARIABLE, POSTGRES_URL_VARIABLE)


def make_orchestrator(spec: RunSpec, pipe: Pipe) -> Orchestrator:
    """Everything around the generator, for one run."""
    cloud = open_cloud(ARCHITECTURES.get(spec.subject), spec.run, spec.options.cloud)
    return Orchestrator(spec, pipe, make_backing(spec), cloud, make_subject(spec))


def make_backing(spec: RunSpec) -> AbstractContextManager[Backing]:
    """The database of the reference service."""
    if spec.own is not None:
        return NoDatabase()
    word = spec.options.postgres
    option = os.environ.get(POSTGRES_URL_VARIABLE, "") if word == POSTGRES_URL else word
    return choose_backing(option, spec.run)


def make_subject(spec: RunSpec) -> Subject:
    if spec.own is not None:
        return OwnSubject(spec.own, spec.logs, spec.folder / "service", PRIVATE)
    evidence = spec.options.evidence == "full"
    return ReferenceSubject(spec.logs, ARCHITECTURES[spec.subject], spec.options.flaw, evidence=evidence)


def main() -> None:
    """Runs to the end and says how it was. The supervisor judges."""
    stacks.register()
    for number in ENDING:
        signal.signal(number, _interrupt)
    supervisor = Pipe.from_environment(SUPERVISOR_FD_VARIABLE)
    if supervisor is None:
        raise InternalError("orchestrator process", "only its supervisor starts it", "use `stockstorm run`")
    spec = RunSpec.model_validate_json(Path(sys.argv[1]).read_bytes())
    generator_pid = int(sys.argv[2]) if sys.argv[2:] else 0
    try:
        heed()
        finished = _finished(_conduct(spec, generator_pid, supervisor))
    except Exception as error:  # noqa: BLE001 - the last resort, which prints all of it
        traceback.print_exception(error)
        internal = unforeseen(error)
        finished = Finished(False, str(internal), SentError.of(internal))
    with suppress(PipeClosed):
        supervisor.send(finished)


def _conduct(spec: RunSpec, generator_pid: int, supervisor: Pipe) -> Ending:
    """One run, whose progress the supervisor hears of as long as it listens."""

    def show(step: str) -> None:
        with suppress(PipeClosed):
            supervisor.send(Step(step))

    def live(figures: Live) -> None:
        if _interruptions:  # the run goes on, so what the handler raised was lost
            raise KeyboardInterrupt
        if supervisor.takes_more():  # figures are lost before the run waits for a terminal that stands still
            with suppress(PipeClosed):
                supervisor.send(figures)

    with _generator(spec, generator_pid) as (pipe, pid):
        if spec.own is None:
            show("starting PostgreSQL")
        return make_orchestrator(spec, pipe).run(pid, show, live)


@contextmanager
def _generator(spec: RunSpec, pid: int) -> Iterator[tuple[Pipe, int]]:
    """The pipe to the generator, and its process id."""
    if (pipe := Pipe.from_environment(FD_VARIABLE)) is not None:
        try:
            yield pipe, pid
        finally:
            pipe.close()
        return
    ours, theirs = make_pair()
    with theirs:
        locust = _start_locust(spec, theirs.fileno())
    pipe = Pipe(ours)
    try:
        yield pipe, locust.pid
    finally:
        pipe.close()
        locust.stop(STOP_TIMEOUT_S + 4)


def _finished(ending: Ending) -> Finished:
    error = SentError.of(ending.cause) if isinstance(ending.cause, StockstormError) else None
    return Finished(ending.fact.complete, ending.fact.reason, error)


_interruptions: list[int] = []


def _interrupt(number: int, _frame: object) -> None:
    """The first signal ends the run. Later ones would end what ends it; the supervisor bounds that."""
    _interruptions.append(number)
    for later in ENDING:
        signal.signal(later, signal.SIG_IGN)
    raise KeyboardInterrupt


def _start_locust(spec: RunSpec, fd: int) -> Child:
    command = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        str(LOCUSTFILE),
        "--headless",
        "--stop-timeout",
        str(STOP_TIMEOUT_S),
    ]
    command += ["--exit-code-on-error", "0", "--reset-stats", "--loglevel", "INFO"]
    environment = {**os.environ, FD_VARIABLE: str(fd), "PYTHONPATH": str(IMPORT_ROOT)}
    log = spec.logs / "locust.log"
    return Child("generator", command, environment, log, pass_fds=(fd,), with_parent=signal.SIGTERM)


if __name__ == "__main__":
    main()
