"""`stockstorm`: one module for each command. `loadtests.exits` lists the exit codes."""

import os
import signal
import sys
from typing import Annotated, Final

import typer
from typer.completion import shell_complete

import stockstorm
from stockstorm.loadtests.cli.check import check_command
from stockstorm.loadtests.cli.compare import compare_command
from stockstorm.loadtests.cli.docs import docs_command
from stockstorm.loadtests.cli.doctor import doctor_command
from stockstorm.loadtests.cli.init import init_command
from stockstorm.loadtests.cli.plan import plan_command
from stockstorm.loadtests.cli.prove import prove_command
from stockstorm.loadtests.cli.regress import regress_command
from stockstorm.loadtests.cli.run import run_command
from stockstorm.loadtests.cli.scenarios import scenarios_command
from stockstorm.loadtests.cli.serve import serve_command, trigger_command
from stockstorm.loadtests.exits import PROGRAM, Signalled, exit_code_of, invoke
from stockstorm.loadtests.streams import prepare_streams

COMPLETE: Final = f"_{PROGRAM.upper()}_COMPLETE"  # which a shell sets to ask for words
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

app = typer.Typer(
    name="stockstorm",
    pretty_exceptions_enable=False,
    help="Simulates Shopify, marketplaces and buyers against your integration, and judges whether it oversells.",
)
app.command("run")(run_command)
app.command("plan")(plan_command)
app.command("compare")(compare_command)
app.command("check")(check_command)
app.command("scenarios")(scenarios_command)
app.command("prove")(prove_command)
app.command("regress")(regress_command)
app.command("init")(init_command)
app.command("doctor")(doctor_command)
app.command("serve")(serve_command)
app.command("trigger")(trigger_command)
app.command("docs")(docs_command)


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
    heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
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
