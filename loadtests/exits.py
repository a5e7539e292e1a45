"""How a command ends. Exit codes 0, 1 and 2 are verdicts; anything that prevents one is printed and has a higher code.

Every process of a run imports this, so it imports neither Typer nor Rich.
"""

import errno
import os
import signal
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from stockstorm.reports.result import Verdict, printable
from stockstorm.simulator.errors import (
    BackingError,
    HistoryError,
    InternalError,
    LimitError,
    OutputError,
    ScenarioError,
    StockstormError,
    SubjectError,
)

PROGRAM: Final = "stockstorm"
NO_TEMPORARY: Final = "No usable temporary directory"  # of tempfile
LOOP: Final = "Symlink loop from "
PATH_SHOWN_MAX: Final = 300  # characters
_MORE: Final = "end other programs, or use a machine with more"
# What the system says of a path that was given, of a disk without space, and of what a process may have.
_REFUSED: Final = {errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR}
_NO_SPACE: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
_SPENT: Final = {
    errno.EMFILE: "raise the limit of open files (ulimit -n), then run again",
    errno.ENFILE: _MORE,
    errno.ENOMEM: _MORE,
}


class ExitCode(IntEnum):
    """Every exit code of every command. The README has the same table."""

    VALID = 0
    INVALID = 1
    UNKNOWN = 2
    OUTPUT = 3  # closed by its reader, or it cannot be written
    SCENARIO = 4  # a scenario file or a flag
    SUBJECT = 5
    BACKING = 6
    HISTORY = 7
    LIMIT = 8
    INTERNAL = 9
    HUNG_UP = 129  # a signal before anything was recorded, as a shell counts it
    INTERRUPTED = 130
    TERMINATED = 143


class Signalled(KeyboardInterrupt):
    """A signal that ends a command as Ctrl-C does."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.code = ExitCode(128 + number)


VERDICT_CODES: Final[Mapping[Verdict, ExitCode]] = {
    "valid": ExitCode.VALID,
    "invalid": ExitCode.INVALID,
    "unknown": ExitCode.UNKNOWN,
}
ERROR_CODES: Final[Mapping[type[StockstormError], ExitCode]] = {
    OutputError: ExitCode.OUTPUT,
    ScenarioError: ExitCode.SCENARIO,
    SubjectError: ExitCode.SUBJECT,
    BackingError: ExitCode.BACKING,
    HistoryError: ExitCode.HISTORY,
    LimitError: ExitCode.LIMIT,
    InternalError: ExitCode.INTERNAL,
}


def exit_code(error: StockstormError) -> ExitCode:
    """The exit code of an error's class."""
    return next((ERROR_CODES[kind] for kind in type(error).__mro__ if kind in ERROR_CODES), ExitCode.INTERNAL)


def print_error(error: StockstormError) -> None:
    """An error on standard error: no markup, no emoji for text such as `:100:`, and no control characters."""
    from rich.console import Console  # noqa: PLC0415 - it takes 0.05 s, and few processes print an error

    text = printable(str(error))
    Console(stderr=True).print(text, markup=False, highlight=False, emoji=False, style="red", soft_wrap=True)


def unforeseen(error: BaseException) -> StockstormError:
    """An exception that no code expected, as an error for users.

    What the system refused is named: a path that was given, space, files or memory. All else is an InternalError, after
    which the caller prints the traceback.
    """
    if (told := _of_machine(error) or _of_path(error)) is not None:
        return told
    found = f"{type(error).__name__}: {error}"
    remedy = "if disk, memory or a permission failed, repair that and run again; else report this with what follows"
    return InternalError("internal failure", found, remedy)


def _of_machine(error: BaseException) -> StockstormError | None:
    """What the machine has no more of."""
    if isinstance(error, MemoryError):
        return LimitError("memory", "there is none left", _MORE)
    if isinstance(error, FileNotFoundError) and NO_TEMPORARY in str(error):
        return OutputError("TMPDIR", "no folder for temporary files can be written", "set TMPDIR to one that can")
    number = error.errno if isinstance(error, OSError) else None
    return LimitError("this machine", os.strerror(number), _SPENT[number]) if number in _SPENT else None


def _of_path(error: BaseException) -> StockstormError | None:
    """A path that the system refuses."""
    if isinstance(error, RuntimeError) and str(error).startswith(LOOP):  # of pathlib, before Python 3.13
        return ScenarioError(str(error).removeprefix(LOOP).strip("' "), "it links to itself", "give another path")
    path, number = _path_of(error), error.errno if isinstance(error, OSError) else None
    if not path or number is None:
        return None
    if number in _NO_SPACE:
        return OutputError(path, f"it cannot be written ({os.strerror(number)})", "free some space, or choose another")
    if number in _REFUSED:
        return ScenarioError(path, f"it cannot be used ({os.strerror(number)})", "give another path, or allow its use")
    return None


def _path_of(error: BaseException) -> str:
    """The path that the system refused, as text of bounded length; "" for none."""
    given: object = getattr(error, "filename", None)
    if not isinstance(given, str | bytes | os.PathLike):
        return ""
    path = os.fsdecode(given)
    return path if len(path) <= PATH_SHOWN_MAX else f"{path[:PATH_SHOWN_MAX]}…"


def output_error(failure: OSError, remedy: str = "free some space, or choose another place for it") -> OutputError:
    """Standard output that cannot be written, in the form of our errors."""
    return OutputError("standard output", f"it cannot be written ({failure.strerror})", remedy)
