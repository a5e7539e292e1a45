"""How a command line is run, and the exit code that it ends with.

Typer's own exit codes are not used: 2 for a wrong flag would mean `unknown` here, and 1 for a closed output `invalid`.
"""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any

import typer
from typer.exceptions import TyperException

from stockstorm.loadtests.exits import (
    PROGRAM,
    ExitCode,
    Signalled,
    exit_code,
    output_error,
    print_error,
    unforeseen,
)
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.streams import failure_of_output
from stockstorm.simulator.errors import InternalError, ScenarioError, StockstormError


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


def usage_error(error: TyperException) -> ScenarioError:
    """A command line that Typer refused, in the form of our errors."""
    context: Any = getattr(error, "ctx", None)
    parameter: Any = getattr(error, "param", None)
    command = context.command_path if context is not None else PROGRAM
    where = getattr(error, "option_name", "") or (parameter.opts[0] if parameter is not None else command)
    found = (error.message if parameter is not None else "") or error.format_message()
    return ScenarioError(where, found[:1].lower() + found[1:].rstrip("."), f"see: {command} --help")


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
    told = unforeseen(error)
    code = _failed(told, exit_code(told))
    if isinstance(told, InternalError):
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
