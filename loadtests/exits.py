"""How a command ends. Exit codes 0, 1 and 2 are verdicts; anything that prevents one is printed and has a higher code.

Every process of a run imports this, so it imports neither Typer nor Rich.
"""

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


def internal_error(error: BaseException) -> InternalError:
    """An unforeseen exception as an error for users; the caller prints the traceback after it."""
    found = f"{type(error).__name__}: {error}"
    remedy = "if disk, memory or a permission failed, repair that and run again; else report this with what follows"
    return InternalError("internal failure", found, remedy)


def output_error(failure: OSError, remedy: str = "free some space, or choose another place for it") -> OutputError:
    """Standard output that cannot be written, in the form of our errors."""
    return OutputError("standard output", f"it cannot be written ({failure.strerror})", remedy)
