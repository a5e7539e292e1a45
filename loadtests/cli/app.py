"""`stockstorm`: its commands, each of which is imported when it is called. `loadtests.exits` lists the exit codes."""

import os
import signal
import sys
from typing import Annotated, Any, Final

import typer
from typer.completion import shell_complete
from typer.core import TyperCommand

import stockstorm
from stockstorm.loadtests.cli.commands import COMMANDS
from stockstorm.loadtests.exits import PROGRAM, Signalled
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.loadtests.processes.signals import ENDING, held
from stockstorm.loadtests.streams import prepare_streams

COMPLETE: Final = f"_{PROGRAM.upper()}_COMPLETE"  # which a shell sets to ask for words

app = typer.Typer(
    name="stockstorm",
    pretty_exceptions_enable=False,
    help="Simulates Shopify, marketplaces and buyers against your integration, and judges whether it oversells.",
)


class Later(TyperCommand):
    """A command that is listed, and loaded when it is called or completed."""

    def make_context(self, *words: Any, **extra: Any) -> Any:  # Any: of classes that are Typer's own
        with held():
            from stockstorm.loadtests.cli.command import command_of  # noqa: PLC0415 - `--version` needs none

        return command_of(str(self.name)).make_context(*words, **extra)


def _listed() -> None:
    """In place of a command's work, which `Later` loads."""


for _name, _command in COMMANDS.items():
    app.command(_name, cls=Later, help=_command.help)(_listed)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stockstorm {stockstorm.__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", help="print the version", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Simulates Shopify, marketplaces and buyers against your integration, and judges whether it oversells."""


def _interrupt(number: int, _frame: object) -> None:
    raise Signalled(signal.Signals(number))


def _command_line() -> int:
    """Runs the command of this process. SIGTERM and SIGHUP end it as Ctrl-C does."""
    heeded = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    try:
        for number in heeded:  # not under nohup, and not in the background jobs of a shell
            signal.signal(number, _interrupt)
        if instruction := os.environ.get(COMPLETE):
            return shell_complete(typer.main.get_command(app), {}, PROGRAM, COMPLETE, instruction)
        return invoke(app, sys.argv[1:])
    finally:
        for number in heeded:  # what is left takes milliseconds, and a traceback would be all that a signal achieves
            signal.signal(number, signal.SIG_IGN)


def main() -> None:
    """The exit code says whether something was judged, and how."""
    prepare_streams()
    sys.exit(exit_code_of(_command_line))
