"""`stockstorm plan`: what a run would attempt, without running it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.config.flag import Flag, require
from stockstorm.loadtests.config.run_options import PlanOptions, make_scenario
from stockstorm.loadtests.exits import output_error
from stockstorm.simulator.errors import OutputError
from stockstorm.simulator.plan.items import Plan
from stockstorm.simulator.plan.planner import make_plan


class PlanCommandOptions(PlanOptions):
    """Flags of `stockstorm plan`."""

    out: Annotated[Path | None, Flag("file to write to; standard output without it")] = None
    digest: Annotated[bool, Flag("print the SHA-256 of the plan only, also beside --out")] = False


@takes(PlanCommandOptions)
def plan_command(options: PlanCommandOptions, _context: typer.Context) -> None:
    """Write the plan of a scenario: one JSON line for everything that will be attempted."""
    require(options.problems())
    scenario = make_scenario(options)
    plan = make_plan(scenario.name, scenario, options.seed)
    if options.out is not None:
        _write(plan, options.out)
    if options.digest:
        typer.echo(plan.digest())
    elif options.out is None:
        _print(plan)
    else:
        figures = f"{len(plan.items):,} items, {plan.expected_events:,} events expected, digest {plan.digest()}"
        typer.echo(f"{figures}: {options.out}")


def _print(plan: Plan) -> None:
    try:
        sys.stdout.buffer.writelines(plan.lines())
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # its reader has enough
        raise
    except OSError as error:
        raise output_error(error) from None


def _write(plan: Plan, out: Path) -> None:
    try:
        with out.open("wb") as file:
            file.writelines(plan.lines())
    except OSError as error:
        found, remedy = f"{out}: {error.strerror}", "name a file in a folder that can be written"
        raise OutputError("--out", found, remedy) from None
