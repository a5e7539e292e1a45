"""No link in a folder that may come from a stranger leads a reader or a writer out of it."""

from pathlib import Path

import pytest

from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.loadtests.orchestrator.comparison import start_comparison
from stockstorm.loadtests.orchestrator.comparison_state import read_state
from stockstorm.reports.render.files import write_report
from stockstorm.reports.store import find_run, read_history, read_result
from stockstorm.simulator.errors import HistoryError
from stockstorm.simulator.history.facts import PhaseStarted
from tests.stored_history import sealed

REFUSED = "is not followed"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "history.jsonl.zst").write_bytes(sealed([PhaseStarted(at_ns=1, phase="x")]))
    (folder / "result.json").write_text("{}")
    return folder


@pytest.mark.parametrize(("name", "read"), [("history.jsonl.zst", read_history), ("result.json", read_result)])
def test_a_file_that_is_a_link_out_of_its_folder_is_refused(
    tmp_path: Path, outside: Path, name: str, read: object
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / name).symlink_to(outside / name)
    assert callable(read)
    with pytest.raises(HistoryError, match=REFUSED):
        read(run)


def test_a_run_that_is_a_link_out_of_the_runs_is_refused_and_one_within_is_not(tmp_path: Path, outside: Path) -> None:
    runs = tmp_path / "runs"
    (runs / "one").mkdir(parents=True)
    (runs / "one" / "history.jsonl.zst").write_bytes((outside / "history.jsonl.zst").read_bytes())
    (runs / "latest").symlink_to("one")
    (runs / "stray").symlink_to(outside)
    assert find_run(runs, "latest").path == runs / "one"
    with pytest.raises(HistoryError, match=REFUSED):
        find_run(runs, "stray")
    assert find_run(runs, str(outside)).path == outside


def test_a_report_replaces_a_link_and_leaves_its_goal(tmp_path: Path) -> None:
    goal = tmp_path / "goal"
    goal.write_text("mine")
    (tmp_path / "report.html").symlink_to(goal)
    write_report(tmp_path / "report.html", "new", "again")
    assert (goal.read_text(), (tmp_path / "report.html").read_text()) == ("mine", "new")
    assert not (tmp_path / "report.html").is_symlink()


def test_a_report_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(HistoryError, match="cannot be written"):
        write_report(tmp_path / "report.html", "new", "again")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_comparison_whose_runs_lie_elsewhere_is_refused(tmp_path: Path) -> None:
    folder, _ = start_comparison(tmp_path, ComparisonOptions(scenario="smoke", subjects=("webhook",), seeds=(1,)))
    file = folder / "comparison.json"
    file.write_text(file.read_text().replace('"folder": "webhook"', '"folder": "../../elsewhere"'))
    with pytest.raises(HistoryError, match=REFUSED):
        read_state(folder)
