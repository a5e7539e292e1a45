"""A report that cannot be written is an error with a remedy, whose exit code is not that of a verdict."""

import os
from pathlib import Path

import pytest

from stockstorm.loadtests.exits import VERDICT_CODES, exit_code
from stockstorm.reports.compare.build import compare
from stockstorm.reports.history import History
from stockstorm.reports.render import RENDERERS
from stockstorm.reports.render.comparison.page import write_page
from stockstorm.reports.render.files import is_stream, write_report
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.errors import HistoryError
from tests.unit.reports.compared import SUBJECTS, matrix, run_summary

FILES = {"html": "report.html", "json": "result.json", "junit": "junit.xml", "markdown": "summary.md"}


@pytest.mark.parametrize("name", [name for name in RENDERERS if name in FILES])
def test_a_run_file_that_cannot_be_written_is_reported_with_the_command_to_repeat(
    name: str, result: Result, history: History, folder: RunFolder
) -> None:
    (folder.path / FILES[name]).mkdir()
    with pytest.raises(HistoryError, match="cannot be written: Is a directory") as caught:
        RENDERERS[name](result, history, folder)
    assert caught.value.where == str(folder.path / FILES[name])
    assert caught.value.remedy.endswith(f"stockstorm check {folder.path}")
    assert exit_code(caught.value) not in VERDICT_CODES.values()


def test_a_comparison_that_cannot_be_written_is_reported_with_the_command_to_repeat(tmp_path: Path) -> None:
    (tmp_path / "comparison.html").mkdir()
    with pytest.raises(HistoryError, match="cannot be written") as caught:
        write_page(compare(matrix("queue"), SUBJECTS, [run_summary("queue")], [], {}), tmp_path / "comparison.html")
    assert caught.value.remedy.endswith(f"stockstorm compare --continue {tmp_path}")


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="No such file or directory"):
        write_report(tmp_path / "gone" / "report.html", "", "stockstorm check latest")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(HistoryError, match="cannot be written: No such device or address"):
        write_report(pipe, "nobody reads", "again")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_report(pipe, "told", "again")
        assert os.read(reader, 100) == b"told"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_what_is_renamed_over_is_no_device(tmp_path: Path) -> None:
    """The file that root had put in the place of /dev/null stopped every database of the machine."""
    (tmp_path / "link").symlink_to("/dev/null")
    assert [is_stream(Path(name)) for name in ("/dev/null", "/dev/stdout")] == [True, True]
    assert [is_stream(path) for path in (tmp_path, tmp_path / "link", tmp_path / "none", Path(__file__))] == [False] * 4
