"""`--quiet`: the verdict in one line, and where the report is. Standard error then has no progress, only errors."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.cli.options import QuietOptions
from stockstorm.reports.result import printable


def progress_of(options: QuietOptions) -> Console:
    """Where progress goes."""
    return Console(stderr=True, quiet=options.quiet)


def print_lines(*lines: str | Path) -> None:
    """On standard output, each in one line whatever the width of the terminal."""
    console = Console()
    for line in lines:
        console.print(Text(printable(str(line))), soft_wrap=True)
