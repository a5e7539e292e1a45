"""`stockstorm compare` as a user runs it: real runs of one plan, and errors with a remedy.

How fast the runs were beside other tests decides their verdict, and so that of the comparison; the rest is the same.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import InProcess
from tests.verdicts import code_of, wrong_apart_from_speed

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def compared(stockstorm: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The reference service at two safety stocks, one seed each."""
    runs = tmp_path_factory.mktemp("runs")
    done = stockstorm("compare", "smoke", "--subjects", "reference", "--safety-stock", "0,2", "--runs", runs)
    folders = list(runs.glob("compare-*-smoke"))
    assert len(folders) == 1, done.stdout + done.stderr
    return done, folders[0]


def test_it_ends_with_a_ranking_and_the_verdict_as_exit_code(compared: tuple[Any, Path]) -> None:
    done, folder = compared
    compared_as = json.loads((folder / "comparison.json").read_text())["comparison"]
    assert done.returncode == code_of(compared_as), done.stdout + done.stderr
    results = [json.loads(file.read_text()) for file in folder.glob("*/*-smoke-1/result.json")]
    assert [wrong_apart_from_speed(result) for result in results] == [{}, {}]
    assert "Ranking" in done.stdout
    assert "queue-postgres, safety stock 2" in done.stdout
    assert str(folder / "comparison.html") in done.stdout
    assert "1 of 2 · queue-postgres, seed 1" in done.stderr


def test_every_run_has_the_same_plan_and_its_own_safety_stock(compared: tuple[Any, Path]) -> None:
    _, folder = compared
    stored = json.loads((folder / "comparison.json").read_text())
    results = [json.loads(file.read_text()) for file in folder.glob("*/*-smoke-1/result.json")]
    assert {result["plan_digest"] for result in results} == set(stored["state"]["plans"].values())
    assert sorted(result["replay"].partition(" --safety-stock ")[2] for result in results) == ["0", "2"]


def test_its_report_links_to_the_report_of_every_run(compared: tuple[Any, Path]) -> None:
    _, folder = compared
    stored = json.loads((folder / "comparison.json").read_text())
    links = [run["report"] for entry in stored["comparison"]["boards"][0]["entries"] for run in entry["runs"]]
    page = (folder / "comparison.html").read_text()
    assert len(links) == 2
    assert [link for link in links if not (folder / link).is_file() or f'href="{link}"' not in page] == []


def test_continuing_a_complete_comparison_runs_nothing_and_prints_the_same(
    stockstorm: Any, compared: tuple[Any, Path]
) -> None:
    done, folder = compared
    again = stockstorm("compare", "--continue", "latest", "--runs", folder.parent)
    assert again.returncode == done.returncode
    assert again.stdout == done.stdout
    assert "of 2" not in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["smoke", "--subjects", "queue-postgress"], 'did you mean "queue-postgres"?'),
        (["smoke", "--subjects", "reference", "--seeds", "five"], "write e.g. 1-5, or 1,4,7"),
        (["smok", "--subjects", "reference"], 'did you mean "smoke"?'),
        ([], "stockstorm compare flash_sale --seeds 1-3"),
        (["smoke", "--continue", "latest"], "the comparison has its own SCENARIO"),
        (["--continue", "latest"], "start one with: stockstorm compare SCENARIO"),
    ],
)
def test_an_error_names_what_to_write_instead(
    in_process: InProcess, tmp_path: Path, words: list[str], said: str
) -> None:
    done = in_process("compare", *words, "--runs", tmp_path)
    assert done.returncode > 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
