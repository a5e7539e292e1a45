"""`stockstorm run`: one run, its verdict and its report."""

import sys
from typing import Annotated

import typer

from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.cli.json_option import JsonOptions
from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.cli.quiet import QuietOptions
from stockstorm.loadtests.cli.refusals import refusals
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.own_checks import warnings_of
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.orchestrator.run import run
from stockstorm.reports.render.junit import junit_xml


class RunCommandOptions(JsonOptions, QuietOptions, RunOptions):
    """Flags of `stockstorm run`."""

    junit: Annotated[
        str, Flag("also write JUnit XML to this file, of a refused run too", replay="never", locust=None)
    ] = ""

    @property
    def run(self) -> RunOptions:
        """Without the options that only this command has."""
        return RunOptions.model_validate({name: getattr(self, name) for name in RunOptions.model_fields})


@takes(RunCommandOptions)
def run_command(options: RunCommandOptions, _context: typer.Context) -> None:
    """Run a scenario against a subject, judge it, and write the report.

    A run that is refused writes junit.xml and error.json as well: in its folder, or in `refused` of the runs folder.
    """
    with refusals(options.runs, options.junit) as place:
        spec = make_spec(options.run)
        place.begun(spec.folder)
        for line in warnings_of(spec.own, spec.scenario) if spec.own is not None else ():
            print(f"stockstorm: {line}", file=sys.stderr, flush=True)
        with Progress(options.progress, f"{options.scenario}, seed {options.seed}") as progress:
            judged = run(spec, progress.show, progress.live)
    place.write_junit(junit_xml(judged.result))
    raise typer.Exit(judged.show(quiet=options.quiet, as_json=options.as_json))
