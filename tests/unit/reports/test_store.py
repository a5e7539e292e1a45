"""Run folders, the latest link, and histories that are whole, cut or corrupt."""

from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.exits import exit_code
from stockstorm.reports.render.files import json_file
from stockstorm.reports.store import (
    RunFolder,
    create_run_folder,
    find_run,
    known_runs,
    load_run,
    new_run_folder,
    read_history,
    read_result,
)
from stockstorm.simulator.errors import HistoryError
from stockstorm.simulator.history.blocks import BlockWriter
from stockstorm.simulator.history.facts import AnyFact, PhaseStarted, RunEnded, encoder
from tests.stored_history import compress, sealed, unsealed_end, zstd_text
from tests.unit.reports.literal import golden_result, run_started

WHOLE: list[AnyFact] = [run_started(), PhaseStarted(1_000_000_001, "sale"), RunEnded(2_000_000_000, True)]


def write(path: Path, facts: list[AnyFact]) -> Path:
    path.write_bytes(sealed(facts))
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


def test_runs_that_begin_in_the_same_second_get_names_of_their_own(tmp_path: Path) -> None:
    folders = [new_run_folder(tmp_path, "20261127-120000-smoke-1") for _ in range(3)]
    assert [folder.run.removeprefix("20261127-120000-smoke-1") for folder in folders] == ["", "-2", "-3"]
    assert (tmp_path / "latest").resolve() == folders[-1].path.resolve()


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
    write(folder / "polling" / "one" / "history.jsonl.zst", WHOLE)
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


def test_what_a_killed_writer_left_is_read_as_an_interrupted_run(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl.zst"
    path.write_bytes(unsealed_end(WHOLE[:2], [PhaseStarted(1_500_000_000, "end"), WHOLE[2]], bytes_left=60))
    history = read_history(path)
    assert list(history.facts)[:2] == WHOLE[:2]
    assert history.last(RunEnded) is None


PHASES: list[AnyFact] = [PhaseStarted(1_000_000_001 + number, "sale") for number in range(40)]
LONG = [WHOLE[0], *PHASES, WHOLE[2]]


def test_damage_is_reported_with_file_and_block_and_what_precedes_it_is_read_on_request(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl.zst"
    data = bytearray(sealed(LONG, per_block=10))
    data[len(data) * 7 // 10] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(HistoryError) as caught:
        read_history(path)
    assert str(caught.value).startswith(f"{path}, block 3: ")
    assert "--unsealed" in caught.value.remedy
    assert exit_code(caught.value) == 7
    history = read_history(path, unsealed=True)
    assert list(history.facts)[1:] == LONG[1:30]
    assert history.started.notes[-1].startswith("judged without seals, up to block 3 of the history: ")


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:4] + lines[5:],
        lambda lines: [*lines[:4], lines[4], *lines[4:]],
        lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
        lambda lines: [*lines[:4], lines[4].replace(b"1", b"2", 1), *lines[5:]],
        lambda lines: [line for line in lines if not line.startswith(b'{"seal"')],
        lambda lines: lines[:-1],
    ],
    ids=["deleted", "repeated", "moved", "altered", "all seals removed", "last seal removed"],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_an_edited_history_is_refused(tmp_path: Path, change: Any, compressed: bool) -> None:
    lines = change(zstd_text(sealed(LONG, per_block=10)).splitlines(keepends=True))
    path = tmp_path / ("history.jsonl.zst" if compressed else "history.jsonl")
    path.write_bytes(compress(b"".join(lines)) if compressed else b"".join(lines))
    with pytest.raises(HistoryError, match="block"):
        read_history(path)


def test_a_history_of_an_older_version_is_read_on_request(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(encoder.encode_lines(WHOLE))
    with pytest.raises(HistoryError, match="block 0: its facts are not sealed"):
        read_history(tmp_path)
    history = read_history(tmp_path, unsealed=True)
    assert list(history.facts)[1:] == WHOLE[1:]
    assert history.started.notes[-1] == "judged without seals: facts may be missing or altered"


@pytest.mark.parametrize("line", [b'{"fact":"NobodyKnows","at_ns":1}', b'{"fact":"LoadStopped"}'])
def test_a_line_that_is_no_fact_is_reported_with_block_and_line(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "history.jsonl.zst"
    writer = BlockWriter()
    path.write_bytes(writer.add(encoder.encode(WHOLE[0]) + b"\n" + line + b"\n", 2) + writer.end_block())
    with pytest.raises(HistoryError) as caught:
        read_history(path)
    assert str(caught.value).startswith(f"{path}, block 0, line 2: ")


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
    path = write(tmp_path / "history.jsonl.zst", facts)
    with pytest.raises(HistoryError, match=message):
        read_history(path)


def test_a_missing_history_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="folder of a finished run"):
        read_history(tmp_path / "history.jsonl.zst")


def test_a_result_is_read_back_unchanged_with_its_infinities(folder: RunFolder) -> None:
    json_file(golden_result(), read_history(write(folder.history, WHOLE)), folder)
    assert read_result(folder.path) == golden_result()


def test_something_else_than_a_result_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("[]")
    with pytest.raises(HistoryError, match="stockstorm check"):
        read_result(tmp_path)
    with pytest.raises(HistoryError, match="cannot be read"):
        read_result(tmp_path / "nothing.json")
