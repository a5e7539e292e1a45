"""The composition root of `stockstorm run`: builds stage, subject and backing, starts Locust, judges, reports."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from loadtests.backing import choose_backing
from loadtests.link import FD_VARIABLE, Link, make_pair
from loadtests.messages import Live
from loadtests.spec import RunSpec
from loadtests.stage import Show, Stage
from loadtests.subjects import Subject
from loadtests.subjects.own import OwnSubject
from loadtests.subjects.processes import Child
from loadtests.subjects.reference import ReferenceSubject
from reports.judge import judge
from reports.render import render_all
from reports.result import Result
from reports.store import read_history
from simulator.errors import HistoryError, StockstormError
from simulator.history.facts import RunEnded

POSTGRES_URL_VARIABLE = "STOCKSTORM_POSTGRES_URL"
LOCUSTFILE = Path(__file__).with_name("locustfile.py")
STOP_TIMEOUT_S = 6  # above the 5 s that an attempt may take


def make_stage(spec: RunSpec, link: Link) -> Stage:
    """The unpatched side of a run."""
    option = os.environ.get(POSTGRES_URL_VARIABLE, "") if spec.postgres == "url" else spec.postgres
    return Stage(spec, link, choose_backing(option, spec.run), make_subject(spec))


def make_subject(spec: RunSpec) -> Subject:
    if spec.subject == "reference":
        return ReferenceSubject(spec.logs, spec.flaw)
    return OwnSubject(spec.subject)


def run(spec: RunSpec, show: Show, live: Callable[[Live], None]) -> Result:
    """Plays one run from beginning to end and writes all its reports. Raises StockstormError when nothing was recorded."""
    ours, theirs = make_pair()
    with theirs:
        locust = _start_locust(spec, theirs.fileno())
    link = Link(ours)
    try:
        ended = make_stage(spec, link).play(locust.pid, show, live)
    finally:
        link.close()
        locust.stop(STOP_TIMEOUT_S + 4)
    show("judging")
    return report(spec, ended)


def report(spec: RunSpec, ended: RunEnded) -> Result:
    """Judges the stored history and renders it."""
    try:
        history = read_history(spec.history_path)
        result = judge(history)
    except HistoryError as error:
        if ended.complete:
            raise
        raise StockstormError(spec.run, ended.reason, f"what there is of the run: {spec.folder}") from error
    render_all(result, history, Path(spec.folder))
    return result


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
