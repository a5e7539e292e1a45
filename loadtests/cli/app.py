"""`stockstorm`: one module for each command. `loadtests.exits` lists the exit codes."""

import signal
import sys
from typing import Annotated

import typer

import stockstorm
from stockstorm.loadtests.cli.check import check_command
from stockstorm.loadtests.cli.compare import compare_command
from stockstorm.loadtests.cli.plan import plan_command
from stockstorm.loadtests.cli.prove import prove_command
from stockstorm.loadtests.cli.run import run_command
from stockstorm.loadtests.cli.scenarios import scenarios_command
from stockstorm.loadtests.exits import exit_code_of, invoke

app = typer.Typer(
    name="stockstorm",
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Simulates Shopify, marketplaces and buyers against your integration, and judges whether it oversells.",
)
app.command("run")(run_command)
app.command("plan")(plan_command)
app.command("compare")(compare_command)
app.command("check")(check_command)
app.command("scenarios")(scenarios_command)
app.command("prove")(prove_command)


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


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Entry point. The exit code says whether something was judged, and how.

    SIGTERM and SIGHUP end a run as Ctrl-C does: its report is written, and nothing is left behind.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, and background jobs of a shell
            signal.signal(number, _interrupt)
    sys.exit(exit_code_of(lambda: invoke(app, sys.argv[1:])))
