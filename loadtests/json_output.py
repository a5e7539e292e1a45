"""`--json`: standard output holds one JSON value and nothing else, also where a command fails.

A command that fails prints `{"error": {"where": …, "found": …, "do": …}, "exit": 4}`, in place of what it would have
printed. The text for people is on standard error all the same.
"""

import sys
from collections.abc import Sequence
from typing import Final

from stockstorm.reports.json_text import as_json
from stockstorm.simulator.errors import StockstormError

FLAG: Final = "--json"


class JsonOutput:
    """The standard output of this process. `begin` once for each command line."""

    def __init__(self) -> None:
        self.wanted = self._printed = False

    def begin(self, words: Sequence[str]) -> None:
        """Whether the words of a command line ask for JSON; what Typer refuses in them is told as JSON too."""
        options = words[: words.index("--")] if "--" in words else words
        self.wanted, self._printed = FLAG in options, False

    def print(self, value: object) -> None:
        """What the command found. JSON has no infinity: it is the string "inf"."""
        self._printed = True
        sys.stdout.write(as_json(value).decode())
        sys.stdout.flush()

    def print_error(self, error: StockstormError, code: int) -> None:
        """Nothing, unless JSON was asked for and nothing was printed yet."""
        if self.wanted and not self._printed:
            self.print({"error": error_parts(error), "exit": code})


JSON: Final = JsonOutput()


def error_parts(error: StockstormError) -> dict[str, object]:
    """Where, what was found, what to do; and the same of each problem, where there are several."""
    parts: dict[str, object] = {"where": error.where, "found": error.found, "do": error.remedy}
    if error.problems:
        parts["problems"] = [error_parts(problem) for problem in error.problems]
    return parts
