"""Writes a report's file, or says why it could not: a file that cannot be written is not a verdict."""

from pathlib import Path

from stockstorm.simulator.errors import HistoryError


def write_report(path: Path, content: str | bytes, again: str) -> Path:
    """Write the file (text as UTF-8) and give its path. `again`: the command that writes it once the cause is gone.

    Raises `HistoryError` when the folder is read-only, the disk full, or something else has the file's name.
    """
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        found = f"cannot be written: {error.strerror or error}"
        raise HistoryError(str(path), found, f"make room or mend the folder, then: {again}") from error
    return path


def write_of_run(path: Path, content: str | bytes) -> Path:
    """Write a file of a run's folder, which `stockstorm check` makes again. Raises `HistoryError`."""
    return write_report(path, content, f"stockstorm check {path.parent}")
