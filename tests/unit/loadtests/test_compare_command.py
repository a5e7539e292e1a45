"""`stockstorm compare` on the command line: which options `--continue` allows, and what is printed unchanged."""

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from stockstorm.loadtests.cli.command import command_of
from stockstorm.loadtests.cli.compare import MatrixProgress
from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.loadtests.orchestrator.comparison import make_state
from stockstorm.loadtests.orchestrator.comparison_state import Cell, State, read_state, write_state
from stockstorm.reports.compare.comparison import Key
from stockstorm.simulator.errors import ScenarioError, StockstormError

NAME = "compare-20260101-000000-smoke"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder with one comparison, with no run yet."""
    (tmp_path / NAME).mkdir()
    write_state(tmp_path / NAME, make_state(ComparisonOptions(scenario="smoke", subjects=("polling",), seeds=(1,))))
    return tmp_path


def refusal(runs: Path, *words: str) -> StockstormError:
    with pytest.raises(StockstormError) as caught:
        command_of("compare").main([*words, "--runs", str(runs)], standalone_mode=False)
    return caught.value


@pytest.mark.parametrize(
    "beside",
    [
        ["--seeds", "1"],  # equal to the default, but given
        ["--subjects", "webhook"],
        ["--rates", "5"],
        ["--safety-stock", "7"],
        ["--cloud", "nonsense"],
    ],
    ids=lambda words: words[0],
)
def test_a_flag_that_a_comparison_has_already_is_refused_beside_continue(runs: Path, beside: list[str]) -> None:
    error = refusal(runs, "--continue", "latest", *beside)
    assert isinstance(error, ScenarioError)
    assert error.found == f"the comparison has its own {beside[0]}"
    assert error.remedy == "leave it out, or leave --continue out to start a new one"


def test_all_that_is_refused_beside_continue_is_reported_at_once(runs: Path) -> None:
    error = refusal(runs, "smoke", "--continue", "latest", "--seeds", "1-9", "--rates", "5")
    assert error.found == "the comparison has its own SCENARIO, --seeds, --rates"
    assert error.remedy.startswith("leave them out")


def test_another_database_than_the_comparisons_own_is_refused_beside_continue(runs: Path) -> None:
    error = refusal(runs, "--continue", "latest", "--postgres", "docker")
    assert (error.where, error.found) == ("--postgres", "this comparison uses embedded")


def test_the_comparisons_own_database_may_be_named_beside_continue(runs: Path) -> None:
    state: State = read_state(runs / NAME)
    write_state(runs / NAME, msgspec.structs.replace(state, plans={"seed 1": "0" * 64}))
    assert "is no longer the one" in refusal(runs, "--continue", "latest", "--postgres", "embedded").found


def test_a_line_of_a_file_in_an_error_is_not_turned_into_an_emoji() -> None:
    stream = io.StringIO()
    cell = Cell(Key("polling", 1, None, 0), "polling", "failed", error="history.jsonl:100: [bold]not a fact")
    MatrixProgress(Console(file=stream, width=60)).end(cell)
    assert stream.getvalue() == "stockstorm: polling, seed 1: failed: history.jsonl:100: [bold]not a fact\n"
