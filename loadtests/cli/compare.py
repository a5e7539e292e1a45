"""`stockstorm compare`: the same plans through several subjects, side by side."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.config.backing_options import POSTGRES_URL_VARIABLE, URL, take_postgres_url
from stockstorm.loadtests.config.comparison_options import Asked, read_asked
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.orchestrator.comparison import Comparing, Show, resume_comparison, start_comparison
from stockstorm.loadtests.orchestrator.comparison_state import PAGE, Cell, State, find_comparison
from stockstorm.reports.compare.comparison import Key
from stockstorm.reports.formats import duration_text
from stockstorm.reports.render.comparison.terminal import print_comparison
from stockstorm.reports.result import EXIT_CODES
from stockstorm.simulator.errors import ScenarioError

BESIDE_CONTINUE: Final = ("resume", "runs", "postgres")  # all else stands in the comparison


class MatrixProgress:
    """One panel for the run under way, headed by how far the matrix is; one line for each run that ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open: Progress | None = None

    def begin(self, number: int, cells: int, key: Key, left_s: float) -> tuple[Show, Callable[[Live], None]]:
        left = duration_text(left_s * 1000)
        title = f"{number} of {cells} · {key.text} · about {left} left"
        if not self._console.is_terminal:
            self._console.print(Text(f"stockstorm: {title}"), soft_wrap=True)
        self._open = Progress(self._console, title)
        self._open.__enter__()
        return self._open.show, self._open.live

    def end(self, cell: Cell) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None
        said = {"done": "played", "failed": f"failed: {cell.error}", "pending": "interrupted"}[cell.status]
        # As Text, since Rich would take `history.jsonl:100:` in an error for an emoji.
        self._console.print(Text(f"stockstorm: {cell.key.text}: {said}"), soft_wrap=True)


def compare_command(
    context: typer.Context,
    scenario: Annotated[str, typer.Argument(help="name, or path of a TOML file")] = "",
    subjects: Annotated[str, typer.Option(help="architectures, with commas; left out: all")] = "",
    seeds: Annotated[str, typer.Option(help="e.g. 1-5, or 1,4,7; three or more give intervals")] = "1",
    rates: Annotated[str, typer.Option(help="events a second, with commas, instead of the scenario's rates")] = "",
    safety_stock: Annotated[str, typer.Option(help="units held back on listings, with commas, e.g. 0,2")] = "",
    postgres: Annotated[
        str, typer.Option(help="embedded, docker, a postgresql:// URL, or url with it in STOCKSTORM_POSTGRES_URL")
    ] = "embedded",
    cloud: Annotated[
        str, typer.Option(help="embedded (emulators), docker (emulators in it) or real, for architectures on a cloud")
    ] = "embedded",
    runs: Annotated[Path, typer.Option(help="folder of the runs")] = Path("runs"),
    resume: Annotated[str, typer.Option("--continue", help="go on with a comparison: latest, or its folder")] = "",
) -> None:
    """Play the same plans through several subjects, and tell who wins, by how much, and how sure that is."""
    postgres = take_postgres_url(postgres)
    if resume:
        folder, state = _resumed(context, runs, resume, postgres)
    else:
        folder, state = start_comparison(runs, _asked(scenario, subjects, seeds, rates, safety_stock, postgres, cloud))
    comparing = Comparing(folder, state, MatrixProgress(Console(stderr=True)))
    comparing.play()
    comparison = comparing.report()
    console = Console()
    print_comparison(comparison, console, folder / PAGE)
    if comparing.state.pending:
        console.print(Text(f"continue with: stockstorm compare --continue {folder}"), soft_wrap=True)
    raise typer.Exit(EXIT_CODES[comparison.verdict])


def _asked(scenario: str, subjects: str, seeds: str, rates: str, stocks: str, postgres: str, cloud: str) -> Asked:
    if not scenario:
        raise ScenarioError("SCENARIO", "there is none", "name one, as in: stockstorm compare flash_sale --seeds 1-3")
    return read_asked(scenario, subjects, seeds, rates, stocks, postgres, cloud)


def _resumed(context: typer.Context, runs: Path, resume: str, postgres: str) -> tuple[Path, State]:
    given = _given(context)
    if beside := [word for name, word in given.items() if name not in BESIDE_CONTINUE]:
        found = f"the comparison has its own {', '.join(beside)}"
        remedy = f"leave {'it' if len(beside) == 1 else 'them'} out, or leave --continue out to compare anew"
        raise ScenarioError("--continue", found, remedy)
    folder = find_comparison(runs, resume)
    state = resume_comparison(folder)
    if "postgres" in given and postgres != state.asked.postgres:
        remedy = f"leave it out, or write --postgres {state.asked.postgres}"
        raise ScenarioError("--postgres", f"this comparison is played on {state.asked.postgres}", remedy)
    if state.asked.postgres == URL and state.pending and not os.environ.get(POSTGRES_URL_VARIABLE):
        remedy = "give the same --postgres again; a URL holds a password, so it was not stored"
        raise ScenarioError("--continue", "this comparison used a database of your own", remedy)
    return folder, state


def _given(context: typer.Context) -> dict[str, str]:
    """What stands on the command line, as a user writes it, by the name of the parameter."""
    found = {}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name and source is not None and source.name == "COMMANDLINE":
            found[parameter.name] = parameter.opts[0] if parameter.opts[0].startswith("-") else parameter.name.upper()
    return found
