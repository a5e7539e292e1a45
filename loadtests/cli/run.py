"""`stockstorm run`: one run, its verdict and its report."""

import sys

import typer

from stockstorm.loadtests.cli.options.run import RunCommandOptions
from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.cli.quiet import progress_of
from stockstorm.loadtests.cli.refusals import refusals
from stockstorm.loadtests.config.own_checks import warnings_of
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.orchestrator.run import run
from stockstorm.reports.render.junit import junit_xml


def run_command(options: RunCommandOptions, _context: typer.Context) -> None:
    """`stockstorm run`."""
    with refusals(options.runs, options.junit) as place:
        spec = make_spec(options.run)
        place.begun(spec.folder)
        for line in warnings_of(spec.own, spec.scenario) if spec.own is not None else ():
            print(f"stockstorm: {line}", file=sys.stderr, flush=True)
        with Progress(progress_of(options), f"{options.scenario}, seed {options.seed}") as progress:
            judged = run(spec, progress.show, progress.live)
    place.write_junit(junit_xml(judged.result))
    raise typer.Exit(judged.show(quiet=options.quiet, as_json=options.as_json))
