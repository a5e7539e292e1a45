"""An earlier run counts if service, scenario and seed were the same, and nothing says that the service was emptied."""

import json
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.config.earlier import earlier_run
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.reports.file_names import HISTORY

URL = "http://127.0.0.1:8080/webhooks"


def own(**values: Any) -> SubjectFile:
    return SubjectFile.model_validate({"name": "mine", "webhooks": URL, **values})


def stored(runs: Path, run: str, *, seed: int = 1, name: str = "mine", history: bool = True) -> None:
    (runs / run).mkdir()
    options = {"scenario": run.partition("-")[2], "seed": seed, "rate": None}
    spec = {"run": run, "options": options, "own": {"name": name, "webhooks": URL}, "more": 1}
    (runs / run / "spec.json").write_text(json.dumps(spec))
    if history:
        (runs / run / HISTORY).touch()


def test_the_newest_of_the_same_service_scenario_and_seed_is_found(tmp_path: Path) -> None:
    for run in ("1-smoke", "2-smoke"):
        stored(tmp_path, run)
    stored(tmp_path, "3-smoke", seed=2)
    stored(tmp_path, "4-smoke", name="another")
    stored(tmp_path, "7-proof")
    stored(tmp_path, "5-smoke", history=False)  # its load did not begin
    (tmp_path / "6-smoke").mkdir()
    (tmp_path / "6-smoke" / "spec.json").write_text("{")
    (tmp_path / "latest").symlink_to("2-smoke")
    assert earlier_run(tmp_path, own(), "smoke", 1) == "2-smoke"
    assert earlier_run(tmp_path, own(), "smoke", 3) == ""
    assert earlier_run(tmp_path / "none", own(), "smoke", 1) == ""


@pytest.mark.parametrize(
    "values",
    [
        {"life": {"start": "serve", "reset": "flush"}},
        {"life": {"start": "serve --data ${folder}/db"}},
        {"life": {"start": "serve"}, "environment": {"STATE": "${folder}/state"}},
    ],
)
def test_a_service_that_is_emptied_holds_nothing(values: dict[str, Any], tmp_path: Path) -> None:
    stored(tmp_path, "1-smoke")
    assert earlier_run(tmp_path, own(**values), "smoke", 1) == ""
    assert earlier_run(tmp_path, own(life={"start": "serve"}), "smoke", 1) == "1-smoke"
