"""`stockstorm check`: judges a stored run again."""

from typing import Annotated

import typer

from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.cli.json_option import JsonOptions
from stockstorm.loadtests.cli.quiet import QuietOptions
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.run_options import RunsFolder
from stockstorm.loadtests.orchestrator.run import rejudge
from stockstorm.reports.store import find_run


class CheckOptions(JsonOptions, QuietOptions, RunsFolder):
    """Flags of `stockstorm check`."""

    unsealed: Annotated[
        bool, Flag("also judge a history that is damaged or has no seals, as far as it can be read")
    ] = False
    which: Annotated[str, Flag("a run's folder or id, or latest", positional=True)] = "latest"


@takes(CheckOptions)
def check_command(options: CheckOptions, _context: typer.Context) -> None:
    """Judge a stored run again, from its history alone, and write its reports again."""
    judged = rejudge(find_run(options.runs, options.which), unsealed=options.unsealed)
    raise typer.Exit(judged.show(quiet=options.quiet, as_json=options.as_json))
