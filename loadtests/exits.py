"""How a command ends: 0, 1 and 2 are verdicts and nothing else; whatever keeps us from one is told and exits above 2.

Typer's own ending is not used: it gives 2 to a mistyped flag, which is `unknown` here, and 1 to a closed output.
"""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any, Final

import typer
from rich.console import Console
from typer.exceptions import TyperException

from stockstorm.simulator.errors import ScenarioError, StockstormError

PROGRAM: Final = "stockstorm"
UNREAD: Final = 3  # the reader of our output went away
INTERNAL: Final = 9  # above every error for users
INTERRUPTED: Final = 130  # as a shell counts it


def exit_code_of(work: Callable[[], int]) -> int:
    """The exit code of `work`, or of what kept it from giving one, which is told on standard error."""
    try:
        return _attempt(work)
    except BrokenPipeError:
        return _unread()
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # so Rich ends, with 1
            return _unread()
        raise


def invoke(app: typer.Typer, words: Sequence[str]) -> int:
    """Does what the command line says; nothing at all asks for help. Exceptions of every kind come through."""
    command = typer.main.get_command(app)
    try:
        with command.make_context(PROGRAM, list(words) or ["--help"]) as context:
            command.invoke(context)
    except typer.Exit as left:
        return left.exit_code
    return 0


def tell(error: StockstormError) -> None:
    """An error for users, as it stands: no markup, and no pictures for what looks like a name of one."""
    Console(stderr=True).print(str(error), markup=False, highlight=False, emoji=False, style="red", soft_wrap=True)


def usage_error(error: TyperException) -> ScenarioError:
    """What Typer found wrong with the command line, in our form."""
    context: Any = getattr(error, "ctx", None)
    parameter: Any = getattr(error, "param", None)
    command = context.command_path if context is not None else PROGRAM
    where = getattr(error, "option_name", "") or (parameter.opts[0] if parameter is not None else command)
    found = (error.message if parameter is not None else "") or error.format_message()
    return ScenarioError(where, found[:1].lower() + found[1:].rstrip("."), f"see: {command} --help")


def _attempt(work: Callable[[], int]) -> int:
    try:
        code = work()
        sys.stdout.flush()  # here, where a full disk can still be told
    except StockstormError as error:
        tell(error)
        return error.exit_code
    except TyperException as error:
        wrong = usage_error(error)
        tell(wrong)
        return wrong.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort, which tells it whole
        tell(internal_failure(error))
        traceback.print_exception(error)
        return INTERNAL
    return code


def internal_failure(error: BaseException) -> StockstormError:
    """What nobody foresaw; the traceback is to follow it."""
    found = f"{type(error).__name__}: {error}"
    remedy = "if disk, memory or a permission is what failed, mend that and run again; else report it with what follows"
    return StockstormError("internal failure", found, remedy)


def _unread() -> int:
    """Says nothing more: what is left in the buffers of a closed output would be complained about at the very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _swallow(stream)
    return UNREAD


def _swallow(stream: IO[str]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
