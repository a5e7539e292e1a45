"""APIs that fail, and crashes at the worst instants, with real processes: a sound service survives both."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stockstorm.scenarios.loader import CATALOGUE
from stockstorm.simulator.config import API_FAULTS, LEFT_OPEN
from tests.stored_history import facts_of

pytestmark = pytest.mark.e2e

SHARPER = 2.0  # the shortened scenario lasts half as long


def checks_of(runs: Path) -> dict[str, dict[str, Any]]:
    result = json.loads((runs / "latest" / "result.json").read_text())
    return {check["name"]: check for check in result["checks"]}


def shortened(folder: Path) -> Path:
    """The scenario at half its length and rate, with every time of its phases and faults halved."""
    text = (CATALOGUE / "failing_apis.toml").read_text()
    times = re.compile(r"^(seconds|from_s|until_s|rate) = ([\d.]+)$", re.MULTILINE)
    path = folder / "failing_apis.toml"
    path.write_text(times.sub(lambda found: f"{found[1]} = {float(found[2]) / SHARPER}", text))
    return path


def test_a_sound_service_survives_apis_that_fail(stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("run", shortened(tmp_path), "--seed", "1", "--runs", tmp_path)
    checks = checks_of(tmp_path)
    for name in ("nothing_lost", "applied_twice", "drift", "stale_overwrite", "faults_met"):
        assert checks[name]["verdict"] == "valid", (name, checks[name]["reason"], done.stdout)
    met = checks["faults_met"]["exposure"]
    elsewhere = {"down", *LEFT_OPEN}  # which have scenarios of their own
    assert set(met) == {label for kind, label in API_FAULTS.items() if kind not in elsewhere}
    assert all(met.values()), met
    outcomes = {fact.get("outcome") for fact in facts_of(tmp_path / "latest") if fact["fact"] == "ApiCalled"}
    assert "replayed" in outcomes  # an answer was lost after execution, and the subject repeated the call


def test_crashes_at_the_worst_instants_lose_nothing_and_repeat_nothing(stockstorm: Any, tmp_path: Path) -> None:
    """Fewer than in the scenario: to start the service again costs most. test_self_proof.py has what loses events."""
    path = tmp_path / "crash_windows.toml"
    path.write_text((CATALOGUE / "crash_windows.toml").read_text().replace("count = 5", "count = 2"))
    done = stockstorm("run", path, "--seconds", "12", "--seed", "1", "--runs", tmp_path)
    checks = checks_of(tmp_path)
    assert checks["nothing_lost"]["verdict"] == "valid", done.stdout
    assert checks["applied_twice"]["verdict"] == "valid", done.stdout
    met = checks["faults_met"]["exposure"]
    met.pop("times subject killed when orders were read")  # a service that is told of its orders need not read any
    assert all(met.values()), checks["faults_met"]
    begun = [fact for fact in facts_of(tmp_path / "latest") if fact["fact"] == "FaultStarted"]
    assert {fact["on"] for fact in begun} - {"fetched"} == {"executed", "acknowledged"}
    executed = {fact["request"] for fact in begun if fact["on"] == "executed"}
    facts = facts_of(tmp_path / "latest")
    lost = {fact["request"] for fact in facts if fact["fact"] == "ApiCalled" and fact.get("injected") == "answer_lost"}
    assert executed == lost
