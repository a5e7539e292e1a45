"""The verdict in one line: what it is, and the first cause or reason. The reading order is that of the first screen."""

import sys

from rich.console import Console
from rich.text import Text

from stockstorm.reports.formats import SIGNS, tier_name
from stockstorm.reports.render.causes import first_screen
from stockstorm.reports.result import Result, printable
from stockstorm.reports.store import RunFolder
from stockstorm.reports.verdict.tiers import best_tier


def verdict_line(result: Result) -> str:
    """ "✕ INVALID: " and the first cause, else the first reason; of a valid result what it is valid in."""
    screen = first_screen(result)
    found = (*(cause.cause for cause in screen.causes), *screen.unplanned, *screen.reasons)
    told = found[0] if found and result.verdict != "valid" else _fine(result)
    return printable(f"{SIGNS[result.verdict]} {result.verdict.upper()}: {' '.join(told.split())}")


def _fine(result: Result) -> str:
    where = f"{result.subject} in {result.scenario}, seed {result.seed}"
    best = best_tier(result.tiers)
    return f"{where}, qualifies for {tier_name(best)}" if best is not None else where


def print_verdict(result: Result, folder: RunFolder) -> None:
    """On standard output: that line, and the path of the report."""
    console = Console(file=sys.stdout)
    for line in (verdict_line(result), str(folder.report)):
        console.print(Text(line), soft_wrap=True)
