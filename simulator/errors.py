"""Errors that a user can correct. Each says where it occurred, what was found, and what to do.

    StockstormError
    ├── ScenarioError        a scenario file or flag is wrong; one message lists all problems
    ├── SubjectError         the service under test cannot be started, reached or read
    ├── BackingError         PostgreSQL or another backing service is unavailable
    ├── HistoryError         a stored run cannot be read
    ├── LimitError           a limit of the simulator was reached and the run stopped
    ├── OutputError          an output cannot be written
    └── InternalError        a defect of Stockstorm, or a failure of this machine

The command line prints `str(error)`; `loadtests.exits` has the exit code of each class.
"""

import re
from typing import Final

import msgspec

WORD_MAX: Final = 4_096  # characters between two spaces; the longest path that a system takes
WORD_SHOWN: Final = 300
_LONG: Final = re.compile(rf"\S{{{WORD_MAX + 1},}}")
# What decoding of foreign JSON can raise: malformed or of another shape, a string that is not UTF-8, nested too deep.
UNREADABLE_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class StockstormError(Exception):
    """Base of all errors for users."""

    def __init__(self, where: str, found: str, remedy: str) -> None:
        where, found, remedy = _bounded(where), _bounded(found), _bounded(remedy)
        self.where, self.found, self.remedy = where, found, remedy
        self.problems: tuple[StockstormError, ...] = ()  # each one, where there are several
        super().__init__(f"{where}: {found}\n  → {remedy}")


def _bounded(text: str) -> str:
    """The text with every value in it cut that nobody would read. A long path is left whole."""
    return text if len(text) <= WORD_MAX else _LONG.sub(lambda word: f"{word[0][:WORD_SHOWN]}…", text)


class ScenarioError(StockstormError):
    """A scenario or flag that cannot be run. One message lists every problem."""


class SubjectError(StockstormError):
    """The subject could not be started, reached, reset or read."""


class BackingError(StockstormError):
    """A backing service (PostgreSQL, a queue, a container engine) is missing or broken."""


class HistoryError(StockstormError):
    """A run folder or history file is missing, cut short or corrupted."""


class LimitError(StockstormError):
    """A limit in `limits` was reached. What was recorded so far is kept."""


class OutputError(StockstormError):
    """A requested file cannot be written."""


class InternalError(StockstormError):
    """A defect of Stockstorm, or a failure of disk, memory or permissions that nothing else names."""
