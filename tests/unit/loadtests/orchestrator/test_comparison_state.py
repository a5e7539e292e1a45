"""comparison.json: written whole, read back, found again."""

from pathlib import Path

import msgspec
import pytest

from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.loadtests.orchestrator.comparison_state import (
    SCHEMA,
    Cell,
    State,
    cell_folder,
    find_comparison,
    read_state,
    write_state,
)
from stockstorm.reports.compare.build import compare
from stockstorm.reports.compare.comparison import Key
from stockstorm.simulator.errors import HistoryError
from tests.unit.reports.compared import SUBJECTS, matrix, run_summary

STATE = State(
    SCHEMA,
    ComparisonOptions(scenario="smoke", subjects=("polling", "webhook"), seeds=(1,)),
    "stockstorm compare smoke",
    {"seed 1": "9f2c"},
    (
        Cell(Key("polling", 1, None, 0), "polling", "done", "a-run", seconds=9.5),
        Cell(Key("webhook", 1, None, 0), "webhook", "failed", error="it died"),
        Cell(Key("queue-sqs", 1, 200.0, 2), "queue-sqs-safety-stock-2-200-per-s"),
    ),
)


def test_a_state_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    assert read_state(tmp_path) == STATE


def test_the_comparison_is_stored_beside_the_state(tmp_path: Path) -> None:
    endless = run_summary("polling", [float("inf")] * 30)
    write_state(tmp_path, STATE, compare(matrix("polling"), SUBJECTS, [endless], [], {}))
    assert read_state(tmp_path) == STATE
    stored = msgspec.json.decode((tmp_path / "comparison.json").read_bytes())
    assert stored["comparison"]["boards"][0]["entries"][0]["measures"]["sync_latency_ms.p95"]["value"] == "inf"


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    write_state(tmp_path, STATE)
    assert [entry.name for entry in tmp_path.iterdir()] == ["comparison.json"]


def test_failed_runs_and_runs_not_yet_begun_are_pending() -> None:
    assert STATE.pending == [1, 2]


@pytest.mark.parametrize(
    ("key", "several", "folder"),
    [
        (Key("polling", 1, None, 0), False, "polling"),
        (Key("polling", 1, None, 2), True, "polling-safety-stock-2"),
        (Key("polling", 1, 200.0, 0), False, "polling-200-per-s"),
        (Key("http://127.0.0.1:80/hooks?a=../..", 1, None, 0), False, "http-127.0.0.1-80-hooks-a-.."),
    ],
)
def test_a_cells_folder_is_a_plain_name(key: Key, several: bool, folder: str) -> None:
    assert cell_folder(key, several).rstrip(".-") == folder.rstrip(".-")
    assert "/" not in cell_folder(key, several)


def test_latest_is_the_one_with_the_latest_name(tmp_path: Path) -> None:
    for name in ("compare-20260101-000000-smoke", "compare-20260102-000000-smoke"):
        (tmp_path / name).mkdir()
        write_state(tmp_path / name, STATE)
    assert find_comparison(tmp_path, "latest").name == "compare-20260102-000000-smoke"
    older = "compare-20260101-000000-smoke"
    assert find_comparison(tmp_path, older) == tmp_path / older
    assert find_comparison(Path("elsewhere"), str(tmp_path / older / "comparison.json")) == tmp_path / older


def test_an_unknown_comparison_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="start one with: stockstorm compare"):
        find_comparison(tmp_path, "latest")
    (tmp_path / "compare-1").mkdir()
    write_state(tmp_path / "compare-1", STATE)
    with pytest.raises(HistoryError, match="choose one of: compare-1"):
        find_comparison(tmp_path, "other")


def test_a_file_that_is_no_comparison_is_reported(tmp_path: Path) -> None:
    (tmp_path / "comparison.json").write_text("{")
    with pytest.raises(HistoryError, match="not a comparison"):
        read_state(tmp_path)
    write_state(tmp_path, msgspec.structs.replace(STATE, schema=99))
    with pytest.raises(HistoryError, match="schema version 99"):
        read_state(tmp_path)
