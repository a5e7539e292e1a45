"""Stockstorm from Python: run a scenario, judge a stored run, read its history.

>>> import stockstorm
>>> result = stockstorm.run("smoke", seed=7)
>>> print(result.verdict, result.reasons)

Mistakes raise `StockstormError`, whose text says where, what was found, and what to do.
"""

from pathlib import Path

from stockstorm.loadtests.config.flag import read_options
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.orchestrator.run import run as run_spec
from stockstorm.reports.history import History
from stockstorm.reports.result import Result
from stockstorm.reports.store import read_history as read_file
from stockstorm.reports.verdict.judge import judge as judge_history
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.errors import StockstormError

__all__ = ["History", "Result", "Scenario", "StockstormError", "judge", "read_history", "run"]


def run(scenario: str | Path, **options: object) -> Result:
    """Runs a scenario against a subject, writes the run's folder with its reports, and gives the result.

    `options` are the flags of `stockstorm run` under the names of `RunOptions`: `seed=7`, `rate=200.0`,
    `subject="webhook"`, `faults=["kill_worker@10"]`, `runs="elsewhere"`. The call blocks until the run has ended. It
    starts processes, and gevent patches nothing in this one. Raises StockstormError when there is no verdict, and
    KeyboardInterrupt when the run is interrupted before its load.
    """
    spec = make_spec(read_options(RunOptions, {"scenario": str(scenario), **options}))
    return run_spec(spec, lambda _step: None, lambda _figures: None).result


def judge(path: str | Path) -> Result:
    """Judges a stored run (its folder, or its history.jsonl.zst) and writes nothing. Raises HistoryError."""
    return judge_history(read_history(path))


def read_history(path: str | Path) -> History:
    """The recorded facts of a run (its folder or history file), with indexes over them. Raises HistoryError."""
    return read_file(Path(path))
