"""`stockstorm regress`: did a change make a service worse?"""

from pathlib import Path
from typing import Final

import typer
from rich.console import Console

from stockstorm.loadtests.cli.options.regress import RegressOptions
from stockstorm.loadtests.exits import ExitCode, print_error
from stockstorm.loadtests.json_output import JSON
from stockstorm.reports.refused import refused_under
from stockstorm.reports.regress.compared import Change
from stockstorm.reports.regress.gathered import gathered
from stockstorm.reports.regress.plans import require_apart
from stockstorm.reports.regress.regression import Regression, regression
from stockstorm.reports.render.files import write_report
from stockstorm.reports.render.refused import refused_junit_xml
from stockstorm.reports.render.regression import (
    not_compared_markdown,
    print_regression,
    regression_junit,
    regression_markdown,
)
from stockstorm.simulator.errors import HistoryError, OutputError, StockstormError

CODES: Final[dict[Change, ExitCode]] = {
    "same": ExitCode.VALID,
    "improved": ExitCode.VALID,
    "regressed": ExitCode.INVALID,
    "unknown": ExitCode.UNKNOWN,
}
AGAIN: Final = "stockstorm regress BASELINE CANDIDATE"


def regress_command(options: RegressOptions, _context: typer.Context) -> None:
    """`stockstorm regress`."""
    try:
        found = _compared(Path(options.baseline), Path(options.candidate))
    except StockstormError as error:
        try:
            _write(options, refused_junit_xml(error), not_compared_markdown(error))
        except OutputError as failed:  # it is told, and does not stand in the place of the error
            print_error(failed)
        raise
    if options.as_json:
        JSON.print(found)
    else:
        print_regression(found, Console())
    _write(options, regression_junit(found), regression_markdown(found))
    raise typer.Exit(CODES[found.change])


def _compared(baseline: Path, candidate: Path) -> Regression:
    before, after = gathered(baseline), gathered(candidate)
    require_apart(before, after)
    return regression(before, after, (refused_under(baseline), refused_under(candidate)))


def _write(options: RegressOptions, junit: str, page: str) -> None:
    """The files that are wanted. Raises OutputError: it is this command's output that fails, and no stored run."""
    for path, text in ((options.junit, junit), (options.page, page)):
        if path:
            try:
                write_report(Path(path), text, AGAIN)
            except HistoryError as error:
                raise OutputError(error.where, error.found, error.remedy) from error
