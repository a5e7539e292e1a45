"""`stockstorm compare`: the same plans on several subjects."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.cli.command import given_options
from stockstorm.loadtests.cli.options.compare import CompareCommandOptions
from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.cli.quiet import print_lines, progress_of
from stockstorm.loadtests.config.checks import POSTGRES_URL, POSTGRES_URL_VARIABLE
from stockstorm.loadtests.exits import VERDICT_CODES
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.json_output import JSON
from stockstorm.loadtests.orchestrator.comparison import ComparisonRun, resume_comparison, start_comparison
from stockstorm.loadtests.orchestrator.comparison_state import PAGE, Cell, State, find_comparison
from stockstorm.loadtests.orchestrator.ending import Show
from stockstorm.reports.compare.comparison import Key
from stockstorm.reports.formats import duration_text
from stockstorm.reports.render.comparison.terminal import print_comparison
from stockstorm.reports.result import printable
from stockstorm.simulator.errors import ScenarioError

BESIDE_CONTINUE: Final = ("resume", "runs", "postgres", "quiet", "as_json")  # a comparison has stored all other options


class MatrixProgress:
    """A panel for the current run with the progress of the matrix as title, and one line for each run that ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open: Progress | None = None

    def begin(self, number: int, cells: int, key: Key, left_s: float) -> tuple[Show, Callable[[Live], None]]:
        left = duration_text(left_s * 1000)
        title = f"{number} of {cells} · {key.text} · about {left} left"
        if not self._console.is_terminal:
            self._console.print(Text(printable(f"stockstorm: {title}")), soft_wrap=True)
        self._open = Progress(self._console, title)
        self._open.__enter__()
        return self._open.show, self._open.live

    def end(self, cell: Cell) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None
        status = {"done": "done", "failed": f"failed: {cell.error}", "pending": "interrupted"}[cell.status]
        # As Text, because Rich would take `history.jsonl.zst:100:` in an error for an emoji.
        self._console.print(Text(printable(f"stockstorm: {cell.key.text}: {status}")), soft_wrap=True)


def compare_command(options: CompareCommandOptions, context: typer.Context) -> None:
    """`stockstorm compare`."""
    if options.resume:
        folder, state = _resumed(options, given_options(context))
    else:
        folder, state = start_comparison(options.runs, options.matrix)
    comparing = ComparisonRun(folder, state, MatrixProgress(progress_of(options)))
    comparing.run()
    comparison = comparing.report()
    code = VERDICT_CODES[comparison.verdict]
    again = f"stockstorm compare --continue {folder}" if comparing.state.pending else ""
    if options.as_json:
        JSON.print({"exit": code, "folder": str(folder), "continue": again, "comparison": comparison})
        raise typer.Exit(code)
    if options.quiet:
        print_lines(*(at_rate.headline for at_rate in comparison.by_rate), folder / PAGE)
    else:
        print_comparison(comparison, Console(), folder / PAGE)
    if again:
        print_lines(f"continue with: {again}")
    raise typer.Exit(code)


def _resumed(options: CompareCommandOptions, given: dict[str, str]) -> tuple[Path, State]:
    if beside := [word for name, word in given.items() if name not in BESIDE_CONTINUE]:
        found = f"the comparison has its own {', '.join(beside)}"
        remedy = f"leave {'it' if len(beside) == 1 else 'them'} out, or leave --continue out to start a new one"
        raise ScenarioError("--continue", found, remedy)
    folder = find_comparison(options.runs, options.resume)
    state = resume_comparison(folder)
    own = state.options.postgres
    if "postgres" in given and options.postgres != own:
        raise ScenarioError("--postgres", f"this comparison uses {own}", f"leave it out, or write --postgres {own}")
    if own == POSTGRES_URL and state.pending and not os.environ.get(POSTGRES_URL_VARIABLE):
        remedy = "give the same --postgres again; a URL holds a password, so it was not stored"
        raise ScenarioError("--continue", "this comparison used a database of your own", remedy)
    return folder, state
