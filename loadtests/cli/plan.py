"""`stockstorm plan`: what a run would attempt, without running it."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import typer

from stockstorm.loadtests.cli.options.plan import PlanCommandOptions
from stockstorm.loadtests.config.flag import require
from stockstorm.loadtests.config.scenario import make_scenario
from stockstorm.loadtests.exits import output_error
from stockstorm.loadtests.json_output import JSON
from stockstorm.simulator.errors import OutputError
from stockstorm.simulator.io.plan_file import PlanSummary, plan_digest, write_plan

Write = Callable[[bytes], object]


def plan_command(options: PlanCommandOptions, _context: typer.Context) -> None:
    """`stockstorm plan`."""
    require(options.problems())
    scenario = make_scenario(options)
    write = partial(write_plan, scenario=scenario.name, config=scenario, seed=options.seed)
    if options.as_json:
        summary = _stored(write, options.out) if options.out is not None else write(lambda _line: None)
        JSON.print({"scenario": scenario.name, "seed": options.seed, "file": options.out, "plan": summary})
    elif options.out is not None:
        summary = _stored(write, options.out)
        figures = f"{summary.items:,} items, {summary.expected_events:,} events expected, digest {summary.digest}"
        typer.echo(summary.digest if options.digest else f"{figures}: {options.out}")
    elif options.digest:
        typer.echo(plan_digest(scenario.name, scenario, options.seed))
    else:
        _print(write)


def _print(write: Callable[[Write], PlanSummary]) -> None:
    try:
        write(sys.stdout.buffer.write)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # its reader has enough
        raise
    except OSError as error:
        raise output_error(error) from None


def _stored(write: Callable[[Write], PlanSummary], out: Path) -> PlanSummary:
    try:
        with out.open("wb") as file:
            return write(file.write)
    except OSError as error:
        found, remedy = f"{out}: {error.strerror}", "name a file in a folder that can be written"
        raise OutputError("--out", found, remedy) from None
