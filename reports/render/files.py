"""Writes the files of a run, and result.json among them: the result as it is, for machines."""

import os
import stat
from pathlib import Path
from typing import Final

from stockstorm.reports.history import History
from stockstorm.reports.json_text import as_json
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.errors import HistoryError

DEVICES: Final = Path("/dev")


def write_report(path: Path, content: str | bytes, again: str) -> Path:
    """Write the file (text as UTF-8) and return its path. `again`: the command that repeats the attempt.

    A reader finds all of the old file or all of the new one. A link in its place is replaced, not followed. Raises
    `HistoryError`, which is not a verdict, when the folder is read-only, the disk is full, or a folder has the file's
    name.
    """
    try:
        write_whole(path, content.encode("utf-8", "replace") if isinstance(content, str) else content)
    except OSError as error:
        found = f"cannot be written: {error.strerror or error}"
        remedy = f"free some space or repair the folder, then run: {again}"
        raise HistoryError(str(path), found, remedy) from error
    return path


def write_whole(path: Path, content: bytes, *, synced: bool = False) -> None:
    """Writes the file under another name and renames it. Raises OSError.

    A device or a pipe is written to. For root, a rename would put a file where /dev/null is, for all of the machine.
    """
    if is_stream(path):
        _write_to_stream(path, content)
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as file:
            file.write(content)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def is_stream(path: Path) -> bool:
    """Whether this is a device, a pipe, or a link in /dev, such as /dev/stdout and what a shell makes of >(…)."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    if stat.S_ISLNK(mode):
        return DEVICES in path.absolute().parents
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _write_to_stream(path: Path, content: bytes) -> None:
    """A pipe that nobody reads is an error, and is not waited for."""
    opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
    os.set_blocking(opened, True)
    with os.fdopen(opened, "wb") as file:
        file.write(content)


def write_run_file(path: Path, content: str | bytes) -> Path:
    """Write a file of a run's folder, which `stockstorm check` makes again. Raises `HistoryError`."""
    return write_report(path, content, f"stockstorm check {path.parent}")


def json_file(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write result.json into the run's folder."""
    del history
    return write_run_file(folder.result, as_json(result))
