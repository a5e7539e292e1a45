"""Run folders, the latest link, and histories that are whole, cut or corrupt."""

from pathlib import Path

import pytest

from stockstorm.loadtests.exits import exit_code
from stockstorm.reports.render.files import json_file
from stockstorm.reports.store import (
    RunFolder,
    create_run_folder,
    find_run,
    known_runs,
    load_run,
    read_history,
    read_result,
)
from stockstorm.simulator.errors import HistoryError
from stockstorm.simulator.history.facts import AnyFact, PhaseStarted, RunEnded, encoder
from tests.unit.reports.literal import golden_result, run_started

WHOLE: list[AnyFact] = [run_started(), PhaseStarted(1_000_000_001, "sale"), RunEnded(2_000_000_000, True)]


def write(path: Path, facts: list[AnyFact], tail: bytes = b"") -> Path:
    path.write_bytes(b"".join(encoder.encode(fact) + b"\n" for fact in facts) + tail)
    return path


def test_a_new_run_folder_has_logs_and_latest_points_at_it(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    create_run_folder(runs, "one")
    second = create_run_folder(runs, "two")
    assert second.logs.is_dir()
    assert (runs / "latest").resolve() == second.path.resolve()
    assert (runs / "latest").is_symlink()


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    create_run_folder(tmp_path, "one")
    with pytest.raises(HistoryError, match="exists already"):
        create_run_folder(tmp_path, "one")


@pytest.mark.parametrize("name", ["", "latest", "a/b", ".."])
def test_a_run_id_must_be_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(HistoryError, match="cannot name a run"):
        create_run_folder(tmp_path, name)


def test_a_run_is_found_by_latest_by_id_and_by_path(tmp_path: Path) -> None:
    folder = create_run_folder(tmp_path, "one")
    write(folder.history, WHOLE)
    for wanted in ("latest", "one", str(folder.path), str(folder.history)):
        assert find_run(tmp_path, wanted) == RunFolder(folder.path.resolve())


def test_an_unknown_run_is_refused_with_the_runs_that_exist(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(create_run_folder(tmp_path, name).history, WHOLE)
    create_run_folder(tmp_path, "empty")
    with pytest.raises(HistoryError, match="choose one of: a, b"):
        find_run(tmp_path, "c")
    assert known_runs(tmp_path) == ["a", "b"]


def test_a_comparison_is_refused_with_one_of_its_runs(tmp_path: Path) -> None:
    folder = tmp_path / "compare-1"
    (folder / "polling" / "one").mkdir(parents=True)
    (folder / "comparison.json").write_text("{}")
    write(folder / "polling" / "one" / "history.jsonl", WHOLE)
    for wanted in ("compare-1", str(folder)):
        with pytest.raises(HistoryError, match="a comparison of runs, not a run") as caught:
            find_run(tmp_path, wanted)
        assert "polling/one" in str(caught.value)


def test_without_any_run_the_remedy_is_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="stockstorm run"):
        find_run(tmp_path / "nowhere", "latest")


def test_a_whole_history_is_read_from_file_or_folder(tmp_path: Path) -> None:
    folder = create_run_folder(tmp_path, "one")
    write(folder.history, WHOLE)
    assert list(read_history(folder.history).facts) == WHOLE
    found, history = load_run(folder.path)
    assert (found.run, len(history.facts)) == ("one", 3)


def test_an_incomplete_last_line_is_dropped(tmp_path: Path) -> None:
    path = write(tmp_path / "history.jsonl", WHOLE[:2], encoder.encode(WHOLE[2])[:-5])
    history = read_history(path)
    assert list(history.facts) == WHOLE[:2]
    assert history.last(RunEnded) is None


def test_a_whole_last_line_without_a_newline_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "history.jsonl", WHOLE[:2], encoder.encode(WHOLE[2]))
    assert list(read_history(path).facts) == WHOLE


@pytest.mark.parametrize(
    "line", [b"{not json", b'{"fact":"NobodyKnows","at_ns":1}', b'{"fact":"LoadStopped"}', b"\xff\xfe"]
)
def test_a_corrupt_line_is_named_with_file_and_number(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(encoder.encode(WHOLE[0]) + b"\n" + line + b"\n" + encoder.encode(WHOLE[2]) + b"\n")
    with pytest.raises(HistoryError) as caught:
        read_history(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert exit_code(caught.value) == 7


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ([], "is empty"),
        (WHOLE[1:], "never began"),
        ([RunEnded(1, False, "database: it is down")], "never began: database: it is down"),
        ([WHOLE[0], *WHOLE], "2 histories in one file"),
        ([run_started(schema=99)], "schema version 99"),
    ],
)
def test_a_history_without_one_start_of_this_schema_is_refused(
    tmp_path: Path, facts: list[AnyFact], message: str
) -> None:
    path = write(tmp_path / "history.jsonl", facts)
    with pytest.raises(HistoryError, match=message):
        read_history(path)


def test_a_missing_history_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="folder of a finished run"):
        read_history(tmp_path / "history.jsonl")


def test_a_result_is_read_back_unchanged_with_its_infinities(folder: RunFolder) -> None:
    json_file(golden_result(), read_history(write(folder.history, WHOLE)), folder)
    assert read_result(folder.path) == golden_result()


def test_something_else_than_a_result_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("[]")
    with pytest.raises(HistoryError, match="stockstorm check"):
        read_result(tmp_path)
    with pytest.raises(HistoryError, match="cannot be read"):
        read_result(tmp_path / "nothing.json")
