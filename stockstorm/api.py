"""Stockstorm from Python: run a scenario, judge a stored run, read its history.

>>> import stockstorm
>>> result = stockstorm.run("smoke", "subject.toml", seed=7)
>>> print(result.verdict, result.reasons)

Mistakes raise `StockstormError`, whose text says where, what was found, and what to do.
"""

from pathlib import Path

from stockstorm.loadtests.config.flag import read_options
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.orchestrator.run import run as run_spec
from stockstorm.loadtests.subjects.own.reading import SUFFIX
from stockstorm.reports.history import History
from stockstorm.reports.result import Result
from stockstorm.reports.store import read_history as read_file
from stockstorm.reports.verdict.judge import judge as judge_history
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.errors import ScenarioError, StockstormError

__all__ = ["History", "Result", "Scenario", "StockstormError", "judge", "read_history", "run"]


def run(scenario: str | Path, subject: str | Path | None = None, **options: object) -> Result:
    """Runs a scenario against a subject, writes the run's folder with its reports, and gives the result.

    `subject` is a subject file's path, the URL of a service that runs, or an architecture of the reference service;
    None for the reference service. `options` are the other flags of `stockstorm run` under the names of `RunOptions`:
    `seed=7`, `rate=200.0`, `faults=["kill_worker@10"]`, `runs="elsewhere"`. The call blocks until the run has ended. It
    starts processes, and gevent patches nothing in this one. Raises StockstormError when there is no verdict, and
    KeyboardInterrupt when the run is interrupted before its load.
    """
    named = {} if subject is None else {"subject": _subject(subject)}
    spec = make_spec(read_options(RunOptions, {"scenario": str(scenario), **named, **options}))
    return run_spec(spec, lambda _step: None, lambda _figures: None).result


def _subject(subject: str | Path) -> str:
    """A path is a subject file's, whatever its name looks like. Raises ScenarioError for one with another suffix."""
    if isinstance(subject, Path) and subject.suffix != SUFFIX:
        raise ScenarioError(str(subject), "this is no subject file", f"give the path of a {SUFFIX} file")
    return str(subject)


def judge(path: str | Path) -> Result:
    """Judges a stored run (its folder, or its history.jsonl.zst) and writes nothing. Raises HistoryError."""
    return judge_history(read_history(path))


def read_history(path: str | Path) -> History:
    """The recorded facts of a run (its folder or history file), with indexes over them. Raises HistoryError."""
    return read_file(Path(path))
