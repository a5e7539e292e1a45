"""The composition root of `stockstorm run`: builds orchestrator, subject and backing, starts Locust, judges."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from stockstorm.loadtests.backing.postgres import Backing, NoDatabase, choose_backing
from stockstorm.loadtests.config.checks import POSTGRES_URL, POSTGRES_URL_VARIABLE, is_url
from stockstorm.loadtests.config.run_spec import RunSpec
from stockstorm.loadtests.exits import VERDICT_CODES
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.ipc.pipe import FD_VARIABLE, Pipe, make_pair
from stockstorm.loadtests.orchestrator.cloud import open_cloud
from stockstorm.loadtests.orchestrator.orchestrator import Ending, Orchestrator, Show
from stockstorm.loadtests.processes.child import IMPORT_ROOT, Child
from stockstorm.loadtests.subjects import Subject
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.own import OwnSubject
from stockstorm.loadtests.subjects.reference import ReferenceSubject
from stockstorm.reports.history import History
from stockstorm.reports.render import RENDERERS, render_all
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder, read_history
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.errors import HistoryError, StockstormError

LOCUSTFILE = IMPORT_ROOT / "stockstorm" / "loadtests" / "locustfile.py"
STOP_TIMEOUT_S = 6  # above the 5 s that an attempt may take


class Judged(msgspec.Struct, frozen=True):
    """A run that was judged and written to its folder."""

    result: Result
    history: History
    folder: RunFolder

    def show(self) -> int:
        """Prints the report and gives the exit code of the verdict."""
        render_all(self.result, self.history, self.folder, "terminal")
        return VERDICT_CODES[self.result.verdict]


def make_orchestrator(spec: RunSpec, pipe: Pipe) -> Orchestrator:
    """Everything around the generator, for one run."""
    cloud = open_cloud(ARCHITECTURES.get(spec.subject), spec.run, spec.options.cloud)
    return Orchestrator(spec, pipe, make_backing(spec), cloud, make_subject(spec))


def make_backing(spec: RunSpec) -> AbstractContextManager[Backing]:
    """The database of the reference service."""
    if is_url(spec.subject):
        return NoDatabase()
    word = spec.options.postgres
    option = os.environ.get(POSTGRES_URL_VARIABLE, "") if word == POSTGRES_URL else word
    return choose_backing(option, spec.run)


def make_subject(spec: RunSpec) -> Subject:
    if spec.subject in ARCHITECTURES:
        return ReferenceSubject(spec.logs, ARCHITECTURES[spec.subject], spec.options.flaw)
    return OwnSubject(spec.subject)


def run(spec: RunSpec, show: Show, live: Callable[[Live], None]) -> Judged:
    """One run from beginning to end, with its reports. Raises the StockstormError that kept it from beginning."""
    ours, theirs = make_pair()
    with theirs:
        locust = _start_locust(spec, theirs.fileno())
    pipe = Pipe(ours)
    try:
        if not is_url(spec.subject):
            show("starting PostgreSQL")
        ending = make_orchestrator(spec, pipe).run(locust.pid, show, live)
    finally:
        pipe.close()
        locust.stop(STOP_TIMEOUT_S + 4)
    show("judging")
    return report(spec, ending)


def report(spec: RunSpec, ending: Ending) -> Judged:
    """Judges the stored history and writes every report. If the load never began, raises what prevented it.

    That is a StockstormError, or KeyboardInterrupt (from the keyboard, or from Locust's own controls).
    """
    try:
        return rejudge(RunFolder(spec.folder))
    except HistoryError:
        if ending.fact.complete:
            raise
        cause = ending.cause or KeyboardInterrupt(ending.fact.reason)
        if isinstance(cause, StockstormError):
            cause = type(cause)(cause.where, cause.found, f"{cause.remedy}; files of the run: {spec.folder}")
        raise cause from None


def rejudge(folder: RunFolder, *, unsealed: bool = False) -> Judged:
    """Judges a stored history and writes its reports. Raises HistoryError, also for a damaged one unless `unsealed`."""
    history = read_history(folder.history, unsealed=unsealed)
    result = judge(history)
    render_all(result, history, folder, *(name for name in RENDERERS if name != "terminal"))
    return Judged(result, history, folder)


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
    return Child("generator", command, environment, spec.logs / "locust.log", pass_fds=(fd,))
