"""`--quiet`: the verdict in one line, and where the report is. Standard error then has no progress, only errors."""

from pathlib import Path
from typing import Annotated

from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.config.flag import Flag, Options
from stockstorm.reports.result import printable


class QuietOptions(Options):
    """How much a command prints."""

    quiet: Annotated[
        bool, Flag("print the verdict in one line, and where the report is; no progress", replay="never", locust=None)
    ] = False

    @property
    def progress(self) -> Console:
        """Where progress goes."""
        return Console(stderr=True, quiet=self.quiet)


def print_lines(*lines: str | Path) -> None:
    """On standard output, each in one line whatever the width of the terminal."""
    console = Console()
    for line in lines:
        console.print(Text(printable(str(line))), soft_wrap=True)
