"""The composition root of `stockstorm run`: builds stage, subject and backing, starts Locust, judges, reports."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from stockstorm.loadtests.backing.postgres import Backing, NoDatabase, choose_backing
from stockstorm.loadtests.config.backing_options import POSTGRES_URL_VARIABLE, URL
from stockstorm.loadtests.config.run_spec import RunSpec
from stockstorm.loadtests.config.subject_options import is_url
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.ipc.pipe import FD_VARIABLE, Pipe, make_pair
from stockstorm.loadtests.orchestrator.cloud import open_cloud
from stockstorm.loadtests.orchestrator.orchestrator import Orchestrator, Show
from stockstorm.loadtests.processes.child import IMPORT_ROOT, Child
from stockstorm.loadtests.subjects import Subject
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.own import OwnSubject
from stockstorm.loadtests.subjects.reference import ReferenceSubject
from stockstorm.reports.history import History
from stockstorm.reports.render import RENDERERS, render_all
from stockstorm.reports.result import EXIT_CODES, Result
from stockstorm.reports.store import RunFolder, read_history
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.errors import HistoryError, StockstormError
from stockstorm.simulator.history.facts import RunEnded

LOCUSTFILE = IMPORT_ROOT / "stockstorm" / "loadtests" / "locustfile.py"
STOP_TIMEOUT_S = 6  # above the 5 s that an attempt may take


class Judged(msgspec.Struct, frozen=True):
    """A run that was played, judged and written to its folder."""

    result: Result
    history: History
    folder: RunFolder

    def show(self) -> int:
        """Prints it; gives the exit code of its verdict."""
        render_all(self.result, self.history, self.folder, "terminal")
        return EXIT_CODES[self.result.verdict]


def make_orchestrator(spec: RunSpec, pipe: Pipe) -> Orchestrator:
    """The unpatched side of a run."""
    cloud = open_cloud(ARCHITECTURES.get(spec.subject), spec.run, spec.cloud)
    return Orchestrator(spec, pipe, make_backing(spec), cloud, make_subject(spec))


def make_backing(spec: RunSpec) -> AbstractContextManager[Backing]:
    """The database of the reference service."""
    if is_url(spec.subject):
        return NoDatabase()
    option = os.environ.get(POSTGRES_URL_VARIABLE, "") if spec.postgres == URL else spec.postgres
    return choose_backing(option, spec.run)


def make_subject(spec: RunSpec) -> Subject:
    if spec.subject in ARCHITECTURES:
        return ReferenceSubject(spec.logs, ARCHITECTURES[spec.subject], spec.flaw)
    return OwnSubject(spec.subject)


def run(spec: RunSpec, show: Show, live: Callable[[Live], None]) -> Judged:
    """Plays one run from beginning to end and writes its reports. StockstormError when nothing was recorded."""
    ours, theirs = make_pair()
    with theirs:
        locust = _start_locust(spec, theirs.fileno())
    pipe = Pipe(ours)
    try:
        if not is_url(spec.subject):
            show("starting PostgreSQL")
        ended = make_orchestrator(spec, pipe).play(locust.pid, show, live)
    finally:
        pipe.close()
        locust.stop(STOP_TIMEOUT_S + 4)
    show("judging")
    return report(spec, ended)


def report(spec: RunSpec, ended: RunEnded) -> Judged:
    """Judges the stored history and writes every report. StockstormError with the reason when nothing was recorded."""
    try:
        return rejudge(RunFolder(Path(spec.folder)))
    except HistoryError as error:
        if ended.complete:
            raise
        raise StockstormError(spec.run, ended.reason, f"what there is of the run: {spec.folder}") from error


def rejudge(folder: RunFolder) -> Judged:
    """From a stored history to verdict and reports. Raises HistoryError."""
    history = read_history(folder.history)
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
    return Child("locust", command, environment, spec.logs / "locust.log", pass_fds=(fd,))
