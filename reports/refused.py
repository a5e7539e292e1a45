"""A run that was refused: it has no history and no verdict, but what kept it from beginning, for people and for CI.

runs/refused/   error.json  junit.xml   the last run that was refused before it had a folder
runs/<run id>/  error.json  junit.xml   a run that ended before its load, beside its logs
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.simulator.errors import UNREADABLE_JSON

FOLDER: Final = "refused"  # no name of a run: those begin with a date
ERROR: Final = "error.json"
JUNIT: Final = "junit.xml"
RESULT: Final = "result.json"
BYTES_MAX: Final = 1_000_000


class Refused(msgspec.Struct, frozen=True):
    """Where, what was found, what to do, and the exit code of the command."""

    where: str
    found: str
    do: str
    exit: int

    @property
    def text(self) -> str:
        """In one line."""
        return f"{self.where}: {self.found.partition(chr(10))[0]}"


def refused_under(path: Path) -> tuple[Refused, ...]:
    """The refused runs of a run's folder or a folder of runs. What cannot be read is left out."""
    files: Sequence[Path] = sorted([*path.glob(ERROR), *path.glob(f"*/{ERROR}")]) if path.is_dir() else []
    apart = [file for file in files if not file.parent.is_symlink() and not (file.parent / RESULT).exists()]
    return tuple(found for file in apart if (found := _read(file)) is not None)


def _read(file: Path) -> Refused | None:
    try:
        with file.open("rb") as opened:
            return msgspec.json.decode(opened.read(BYTES_MAX), type=Refused)
    except (OSError, *UNREADABLE_JSON):
        return None
