"""How a command ends. Exit codes 0, 1 and 2 are verdicts; anything that prevents one is printed and has a higher code.

Typer's own exit codes are not used: 2 for a wrong flag would mean `unknown` here, and 1 for a closed output `invalid`.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import IntEnum
from typing import IO, Any, Final

import typer
from rich.console import Console
from typer.exceptions import TyperException

from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.streams import failure_of_output
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


def exit_code_of(work: Callable[[], int]) -> int:
    """The exit code of `work`, or of the error that it raised, which is printed on standard error."""
    try:
        return _attempt(work)
    except BrokenPipeError:
        return _closed_output()
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # Rich ends so, with 1
            return _closed_output()
        raise


def invoke(app: typer.Typer, words: Sequence[str]) -> int:
    """Runs a command line; an empty one asks for help. Exceptions of every kind come through."""
    JSON.begin(words)
    command = typer.main.get_command(app)
    try:
        with command.make_context(PROGRAM, list(words) or ["--help"]) as context:
            command.invoke(context)
    except typer.Exit as left:
        return left.exit_code
    return 0


def print_error(error: StockstormError) -> None:
    """An error on standard error: no markup, no emoji for text such as `:100:`, and no control characters."""
    text = printable(str(error))
    Console(stderr=True).print(text, markup=False, highlight=False, emoji=False, style="red", soft_wrap=True)


def usage_error(error: TyperException) -> ScenarioError:
    """A command line that Typer refused, in the form of our errors."""
    context: Any = getattr(error, "ctx", None)
    parameter: Any = getattr(error, "param", None)
    command = context.command_path if context is not None else PROGRAM
    where = getattr(error, "option_name", "") or (parameter.opts[0] if parameter is not None else command)
    found = (error.message if parameter is not None else "") or error.format_message()
    return ScenarioError(where, found[:1].lower() + found[1:].rstrip("."), f"see: {command} --help")


def internal_error(error: BaseException) -> InternalError:
    """An unforeseen exception as an error for users; the caller prints the traceback after it."""
    found = f"{type(error).__name__}: {error}"
    remedy = "if disk, memory or a permission failed, repair that and run again; else report this with what follows"
    return InternalError("internal failure", found, remedy)


def _attempt(work: Callable[[], int]) -> int:
    try:
        code = work()
        sys.stdout.flush()  # here, where a full disk can still be reported
    except StockstormError as error:
        return _failed(error, exit_code(error))
    except TyperException as error:
        return _failed(usage_error(error), ExitCode.SCENARIO)
    except (KeyboardInterrupt, typer.Abort) as error:
        code = error.code if isinstance(error, Signalled) else ExitCode.INTERRUPTED
        JSON.print_error(InternalError("interrupted", str(error) or "from the keyboard", "run it again"), code)
        return code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort, which prints all of it
        return _unforeseen(error)
    return _with_output(code)


def _unforeseen(error: Exception) -> ExitCode:
    if isinstance(error, OSError) and (failure := _output_fails()):
        print_error(output_error(failure))
        return ExitCode.OUTPUT
    code = _failed(internal_error(error), ExitCode.INTERNAL)
    traceback.print_exception(error)
    return code


def _failed(error: StockstormError, code: ExitCode) -> ExitCode:
    """Printed for people, and as JSON where that was asked for."""
    print_error(error)
    JSON.print_error(error, code)
    return code


def _with_output(code: int) -> int:
    """The exit code of a command that is done. Where its output is all that it makes, an output that failed counts.

    A verdict is an `ExitCode`. It stands, because the files of the run have it too.
    """
    failure = failure_of_output()
    if failure is None:
        return code
    if isinstance(code, ExitCode):
        print_error(
            output_error(failure, f"exit code {code:d} counts all the same, and the files that it wrote are whole")
        )
        return code
    if not isinstance(failure, BrokenPipeError):
        print_error(output_error(failure))
    return ExitCode.OUTPUT


def _output_fails() -> OSError | None:
    """Why standard output cannot be written, if it cannot. What failed once is still in its buffer."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return error
    return failure_of_output()


def output_error(failure: OSError, remedy: str = "free some space, or choose another place for it") -> OutputError:
    """Standard output that cannot be written, in the form of our errors."""
    return OutputError("standard output", f"it cannot be written ({failure.strerror})", remedy)


def _closed_output() -> int:
    """Empties the buffers of a closed output, because Python would complain about them at its very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _redirect_to_null(stream)
    return ExitCode.OUTPUT


def _redirect_to_null(stream: IO[str]) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError):
        os.dup2(null, stream.fileno())
    os.close(null)
