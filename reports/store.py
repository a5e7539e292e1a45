"""Run folders and their files.

    runs/<run id>/  history.jsonl.zst  plan.jsonl  result.json  report.html  junit.xml  summary.md  bodies.jsonl
                    sent.jsonl.zst  logs/
    runs/latest     link to the run that was created last

A history is written during the run, so its last block has no seal when the run was killed. The whole lines of that
block are read, and the run counts as interrupted. Anything else that is not as it was written is reported with file and
block.
"""

from pathlib import Path

import msgspec

from stockstorm.reports.collector import collector_paused
from stockstorm.reports.file_names import HISTORY, PLAIN_HISTORY, SENT
from stockstorm.reports.history import History
from stockstorm.reports.history.breach import Breach
from stockstorm.reports.history.invariants import first_breach
from stockstorm.reports.history_file import read_facts
from stockstorm.reports.result import Result, printable
from stockstorm.simulator.errors import UNREADABLE_JSON, HistoryError
from stockstorm.simulator.history.facts import SCHEMA_VERSION, RunEnded, RunStarted

LATEST = "latest"
SAME_NAME_MAX = 100
COMPARISON = "comparison.json"  # in the folder of a comparison


class RunFolder(msgspec.Struct, frozen=True):
    """The paths of one run's files."""

    path: Path

    @property
    def run(self) -> str:
        return self.path.name

    @property
    def history(self) -> Path:
        """Sealed and compressed; older versions wrote it plain."""
        plain = self.path / PLAIN_HISTORY
        return plain if plain.is_file() else self.path / HISTORY

    @property
    def sent(self) -> Path:
        """Bodies of deliveries, compressed, until the run was found valid."""
        return self.path / SENT

    @property
    def bodies(self) -> Path:
        """The ones that incidents name."""
        return self.path / "bodies.jsonl"

    @property
    def plan(self) -> Path:
        return self.path / "plan.jsonl"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def junit(self) -> Path:
        return self.path / "junit.xml"

    @property
    def summary(self) -> Path:
        return self.path / "summary.md"

    @property
    def logs(self) -> Path:
        return self.path / "logs"


def create_run_folder(runs: Path, run: str) -> RunFolder:
    """Create `runs/<run>` with its `logs`, and point `runs/latest` at it.

    Raises `HistoryError` when the run exists already (histories are never overwritten) or the folder cannot be created.
    """
    if not run or run == LATEST or run.startswith(".") or Path(run).name != run:
        raise HistoryError(str(runs), f"{run!r} cannot name a run", "give a plain folder name other than 'latest'")
    if not str(runs.absolute()).isprintable():
        found = "its path has control characters, or bytes that are not UTF-8"
        raise HistoryError(printable(str(runs)), found, "choose another folder, because files and reports name it")
    folder = RunFolder(runs / run)
    try:
        folder.path.mkdir(parents=True)
        folder.logs.mkdir()
        _point_latest(runs, run)
    except FileExistsError as error:
        raise HistoryError(str(folder.path), "this run exists already", "choose another run id or remove it") from error
    except OSError as error:
        raise HistoryError(
            str(folder.path), f"cannot be created: {error.strerror}", "choose a writable folder"
        ) from error
    return folder


def new_run_folder(runs: Path, run: str) -> RunFolder:
    """The same under `run`, or `run`-2, `run`-3 … for runs that begin in the same second. Raises HistoryError."""
    for name in (run, *(f"{run}-{number}" for number in range(2, SAME_NAME_MAX))):
        try:
            return create_run_folder(runs, name)
        except HistoryError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
    return create_run_folder(runs, f"{run}-{SAME_NAME_MAX}")


def _point_latest(runs: Path, run: str) -> None:
    # Created under another name and renamed, so that a reader never finds the link missing.
    fresh = runs / f".{LATEST}-{run}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run, target_is_directory=True)
    fresh.replace(runs / LATEST)


def find_run(runs: Path, wanted: str) -> RunFolder:
    """The folder of "latest", of a run id under `runs`, or of a path (to the folder or its history).

    Raises `HistoryError` with the runs that exist.
    """
    for candidate in (runs / wanted, Path(wanted)):
        folder = candidate.parent if candidate.name in (HISTORY, PLAIN_HISTORY) else candidate
        if RunFolder(folder).history.is_file():
            if candidate == runs / wanted and folder.parent == runs:
                require_inside(runs, folder)
            return RunFolder(folder.resolve())
        if (folder / COMPARISON).is_file():
            raise _not_a_run(folder)
    present = known_runs(runs)
    remedy = f"choose one of: {', '.join(present[-10:])}" if present else "start one with: stockstorm run SCENARIO"
    raise HistoryError(str(runs), f"no run {wanted!r} with a {HISTORY}", remedy)


def require_inside(folder: Path, path: Path) -> None:
    """Raises HistoryError when links lead from the path out of the folder, which may come from a stranger."""
    if not path.resolve().is_relative_to(folder.resolve()):
        found = f"this is a link out of {folder}, which is not followed"
        raise HistoryError(str(path), found, "put a copy in its place, or give the path that it leads to")


def _not_a_run(folder: Path) -> HistoryError:
    histories = sorted(folder.glob(f"*/*/{PLAIN_HISTORY}*"))
    one = f"check one of its runs, e.g. {histories[0].parent}, or " if histories else ""
    remedy = f"{one}resume it: stockstorm compare --continue {folder}"
    return HistoryError(str(folder), "this is a comparison of runs, not a run", remedy)


def known_runs(runs: Path) -> list[str]:
    """Ids of all runs with a history, oldest first (by name, which begins with the time)."""
    if not runs.is_dir():
        return []
    return sorted(entry.parent.name for entry in runs.glob(f"*/{PLAIN_HISTORY}*") if not entry.parent.is_symlink())


def load_run(folder: RunFolder | Path) -> tuple[RunFolder, History]:
    """A run folder with its history, ready to be judged and rendered. Raises `HistoryError`."""
    found = folder if isinstance(folder, RunFolder) else RunFolder(folder)
    return found, read_history(found.history)


def read_history(path: Path, *, unsealed: bool = False) -> History:
    """Read a history file (or the one in a run folder).

    Raises `HistoryError` for a missing or empty history, for one of another schema version, and for one that is not as
    it was written, with its file and block. With `unsealed`, what precedes the damage is read, and also a history
    without seals, as older versions wrote it.
    """
    file = RunFolder(path).history if path.is_dir() else path
    require_inside(file.parent, file)
    with collector_paused():
        return _read_file(file, unsealed=unsealed)


def _read_file(file: Path, *, unsealed: bool) -> History:
    try:
        written = read_facts(file, unsealed=unsealed)
    except OSError as error:
        remedy = "give the folder of a finished run"
        raise HistoryError(str(file), f"cannot be read: {error.strerror}", remedy) from error
    history = History.of(written.facts, ordered=written.sorted)
    require_start(file, history)
    if (breach := first_breach(history, written.facts, in_order=written.in_order)) is not None:
        raise _contradiction(written.place(file, breach.fact), breach)
    return history


def _contradiction(where: str, breach: Breach) -> HistoryError:
    found = f"field {breach.field} of {type(breach.fact).__name__} is {breach.found}"
    return HistoryError(where, found, "restore the file from the run's machine, or run the scenario again")


def require_start(file: Path, history: History) -> None:
    """Raises HistoryError unless it begins once, and in a schema version that this program reads."""
    started = history.all(RunStarted)
    if not started:
        ends = [fact.reason for fact in history.all(RunEnded) if fact.reason]
        found = "this run never began" if history.facts else "is empty"
        found = f"this run never began: {ends[-1]}" if ends else found
        raise HistoryError(str(file), found, "correct the cause and run again; the logs folder of this run has details")
    if len(started) > 1:
        runs = ", ".join(fact.run for fact in started)
        remedy = "each RunStarted begins a history: move the lines from the second one on to another folder"
        raise HistoryError(str(file), f"holds {len(started)} histories in one file ({runs})", remedy)
    if started[0].schema != SCHEMA_VERSION:
        raise HistoryError(
            str(file),
            f"was written in schema version {started[0].schema}, this program reads {SCHEMA_VERSION}",
            f"judge it with the version that wrote it (commit {started[0].commit or 'unknown'})",
        )


def read_result(path: Path) -> Result:
    """Read `result.json` (or the one in a run folder). The strings "inf", "-inf" and "nan" become numbers again.

    Raises `HistoryError` when it is missing or not a result.
    """
    file = path / "result.json" if path.is_dir() else path
    require_inside(file.parent, file)
    try:
        return msgspec.convert(msgspec.json.decode(file.read_bytes()), Result, strict=False)
    except OSError as error:
        raise HistoryError(
            str(file), f"cannot be read: {error.strerror}", "make it with: stockstorm check RUN"
        ) from error
    except UNREADABLE_JSON as error:
        raise HistoryError(str(file), f"not a result ({error})", "make it again with: stockstorm check RUN") from error
