"""The composition root of `stockstorm run`: builds stage, subject and backing, starts Locust, judges, reports."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from loadtests.backing import Backing, choose_backing
from loadtests.backing.nothing import NoDatabase
from loadtests.cloud import open_cloud
from loadtests.link import FD_VARIABLE, Link, make_pair
from loadtests.messages import Live
from loadtests.postgres_option import POSTGRES_URL_VARIABLE, URL
from loadtests.spec import RunSpec
from loadtests.stage import Show, Stage
from loadtests.subject_option import is_url
from loadtests.subjects import Subject
from loadtests.subjects.architectures import ARCHITECTURES
from loadtests.subjects.own import OwnSubject
from loadtests.subjects.processes import Child
from loadtests.subjects.reference import ReferenceSubject
from reports.history import History
from reports.judge import judge
from reports.render.registry import RENDERERS, render_all
from reports.result import EXIT_CODES, Result
from reports.store import RunFolder, read_history
from simulator.errors import HistoryError, StockstormError
from simulator.history.facts import RunEnded

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
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


def make_stage(spec: RunSpec, link: Link) -> Stage:
    """The unpatched side of a run."""
    cloud = open_cloud(ARCHITECTURES.get(spec.subject), spec.run, spec.cloud)
    return Stage(spec, link, make_backing(spec), cloud, make_subject(spec))


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
    link = Link(ours)
    try:
        if not is_url(spec.subject):
            show("starting PostgreSQL")
        ended = make_stage(spec, link).play(locust.pid, show, live)
    finally:
        link.close()
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
    environment = {**os.environ, FD_VARIABLE: str(fd), "PYTHONPATH": str(LOCUSTFILE.parents[1])}
    return Child("locust", command, environment, spec.logs / "locust.log", pass_fds=(fd,))
