"""The verdict in one line: what it is, and the first cause or reason. The reading order is that of the first screen."""

import sys

from rich.console import Console
from rich.text import Text

from stockstorm.reports.formats import SIGNS, tier_headline
from stockstorm.reports.render.causes import first_screen
from stockstorm.reports.result import Result, printable
from stockstorm.reports.store import RunFolder


def verdict_line(result: Result) -> str:
    """ "✕ INVALID: " and the first cause, else the first reason; for a valid subject what it is fit for."""
    screen = first_screen(result)
    found = (*(cause.cause for cause in screen.causes), *screen.unplanned, *screen.reasons)
    told = found[0] if found and result.verdict != "valid" else f"{result.subject} {tier_headline(result)}"
    return printable(f"{SIGNS[result.verdict]} {result.verdict.upper()}: {' '.join(told.split())}")


def print_verdict(result: Result, folder: RunFolder) -> None:
    """On standard output: that line, and the path of the report."""
    console = Console(file=sys.stdout)
    for line in (verdict_line(result), str(folder.report)):
        console.print(Text(line), soft_wrap=True)
