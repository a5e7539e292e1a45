"""`stockstorm check`: judges a stored run again."""

import typer

from stockstorm.loadtests.cli.options.check import CheckOptions
from stockstorm.loadtests.judged import rejudge
from stockstorm.reports.store import find_run


def check_command(options: CheckOptions, _context: typer.Context) -> None:
    """`stockstorm check`."""
    judged = rejudge(find_run(options.runs, options.which), unsealed=options.unsealed)
    raise typer.Exit(judged.show(quiet=options.quiet, as_json=options.as_json))
