"""Reads the results of a set of runs: one result, one run, or a folder of runs."""

from pathlib import Path
from typing import Final

from stockstorm.reports.refused import refused_under
from stockstorm.reports.result import Result, counted, verb
from stockstorm.reports.store import read_result
from stockstorm.simulator.errors import HistoryError

RESULT: Final = "result.json"
RUNS_MAX: Final = 1_000


def gathered(path: Path) -> tuple[Result, ...]:
    """The results under a path, in order of their start: a `result.json`, a run's folder, a folder of runs or matrix.

    Raises HistoryError when there is none, or when one cannot be read.
    """
    files = _files(path)
    if not files:
        raise _nothing(path)
    if len(files) > RUNS_MAX:
        raise HistoryError(str(path), f"holds {len(files):,} runs", f"give a folder of at most {RUNS_MAX:,}")
    return tuple(sorted((read_result(file) for file in files), key=lambda result: result.started_wall_ns))


def _nothing(path: Path) -> HistoryError:
    if refused := refused_under(path):
        which = f"{counted(len(refused), 'run')} {verb(len(refused), 'were')} refused"
        found = f"no run of it is judged; {which}, the last one so: {refused[-1].text}"
        return HistoryError(str(path), found, refused[-1].do)
    found = "holds no result.json" if path.exists() else "there is no such file or folder"
    return HistoryError(str(path), found, "give a result.json, the folder of a judged run, or a folder of runs")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if (path / RESULT).is_file():
        return [path / RESULT]
    found = [*path.glob(f"*/{RESULT}"), *path.glob(f"*/*/{RESULT}")]
    return [file for file in found if not any(folder.is_symlink() for folder in _below(path, file))]


def _below(path: Path, file: Path) -> list[Path]:
    """The folders between: links there, such as `latest`, lead to runs that are found anyway."""
    return [folder for folder in file.parents if path in folder.parents]
