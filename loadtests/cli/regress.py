"""`stockstorm regress`: did a change make a service worse?"""

from pathlib import Path
from typing import Final

import typer
from rich.console import Console

from stockstorm.loadtests.cli.options.regress import RegressOptions
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.json_output import JSON
from stockstorm.reports.refused import refused_under
from stockstorm.reports.regress.compared import Change
from stockstorm.reports.regress.gathered import gathered
from stockstorm.reports.regress.plans import require_apart
from stockstorm.reports.regress.regression import regression
from stockstorm.reports.render.files import write_report
from stockstorm.reports.render.regression import print_regression, regression_junit, regression_markdown
from stockstorm.simulator.errors import HistoryError, OutputError

CODES: Final[dict[Change, ExitCode]] = {
    "same": ExitCode.VALID,
    "improved": ExitCode.VALID,
    "regressed": ExitCode.INVALID,
    "unknown": ExitCode.UNKNOWN,
}
AGAIN: Final = "stockstorm regress BASELINE CANDIDATE"


def regress_command(options: RegressOptions, _context: typer.Context) -> None:
    """`stockstorm regress`."""
    before, after = gathered(Path(options.baseline)), gathered(Path(options.candidate))
    require_apart(before, after)
    found = regression(before, after, (refused_under(Path(options.baseline)), refused_under(Path(options.candidate))))
    if options.as_json:
        JSON.print(found)
    else:
        print_regression(found, Console())
    for path, render in ((options.junit, regression_junit), (options.page, regression_markdown)):
        if path:
            _write(Path(path), render(found))
    raise typer.Exit(CODES[found.change])


def _write(path: Path, text: str) -> None:
    """Raises OutputError: it is this command's output that fails, and no stored run."""
    try:
        write_report(path, text, AGAIN)
    except HistoryError as error:
        raise OutputError(error.where, error.found, error.remedy) from error
