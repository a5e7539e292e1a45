"""`stockstorm regress` from its command line: what it refuses, and what its exit code says then."""

import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.reports.json_text import as_json
from tests.unit.reports.literal import golden_result


def stored(folder: Path, name: str, started_ns: int) -> Path:
    path = folder / name
    path.mkdir(parents=True)
    result = msgspec.structs.replace(golden_result(), run=name, started_wall_ns=started_ns)
    (path / "result.json").write_bytes(as_json(result))
    return folder


def regress(*words: str | Path) -> int:
    return exit_code_of(lambda: invoke(app, ["regress", *map(str, words)]))


def test_a_run_that_stands_on_both_sides_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = stored(tmp_path / "before", "one", 1)
    stored(before, "two", 2)
    assert regress(before, before) == 4
    assert "one is on both sides" in capsys.readouterr().err
    assert regress(before, before / "two") == 4


def test_runs_that_began_at_one_moment_under_one_name_are_told_apart(tmp_path: Path) -> None:
    before, after = stored(tmp_path / "before", "one", 1), stored(tmp_path / "after", "one", 2)
    assert regress(before, after) in {0, 2}


@pytest.mark.parametrize("flag", ["--junit", "--page"])
def test_an_output_that_cannot_be_written_is_no_run_that_cannot_be_read(
    tmp_path: Path, flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = stored(tmp_path / "before", "one", 1), stored(tmp_path / "after", "two", 2)
    assert regress(before, after, flag, tmp_path / "missing" / "file") == 3
    assert "missing/file: cannot be written" in capsys.readouterr().err


def test_sides_that_cannot_be_compared_are_told_where_a_ci_job_looks(tmp_path: Path) -> None:
    before = stored(tmp_path / "before", "one", 1)
    junit, page = tmp_path / "regress.xml", tmp_path / "regress.md"
    assert regress(before, tmp_path / "missing", "--junit", junit, "--page", page) == 7
    (error,) = ET.fromstring(junit.read_text()).iter("error")  # noqa: S314 - we wrote it
    assert error.get("message") == "there is no such file or folder"
    assert "there is no such file or folder" in page.read_text()
    assert "give a result.json" in page.read_text()


def test_the_error_of_sides_that_cannot_be_compared_comes_before_that_of_their_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert regress(tmp_path / "missing", tmp_path / "missing", "--junit", tmp_path / "no" / "regress.xml") == 7
    assert "there is no such file or folder" in capsys.readouterr().err
