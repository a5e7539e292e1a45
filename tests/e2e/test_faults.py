"""Faults during the load: afterwards nothing is lost, nothing is applied twice, and a sound run is valid."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.many_faults import scenario_file
from tests.stored_history import facts_of

pytestmark = pytest.mark.e2e


def test_a_killed_worker_loses_nothing_and_applies_nothing_twice(stockstorm: Any, tmp_path: Path) -> None:
    faults = ("--fault", "kill_worker@4+1", "--fault", "kill_worker@7+1", "--fault", "kill_database@9+0")
    arguments = ("run", "proof", "--seed", "3", "--rate", "30", *faults)
    done = stockstorm(*arguments, "--runs", tmp_path)
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    verdicts = {check["name"]: check["verdict"] for check in result["checks"]}
    assert (verdicts["nothing_lost"], verdicts["applied_twice"], verdicts["drift"]) == ("valid",) * 3, done.stdout
    facts = facts_of(tmp_path / "latest")
    assert sum(fact["fact"] == "FaultStarted" and fact["target"] == "worker" for fact in facts) == 2


def test_a_receiver_killed_twice_in_a_short_distance_leaves_a_sound_run_valid(stockstorm: Any, tmp_path: Path) -> None:
    """The second kill hits it while it starts. Each fault lasts until it is ready, so no attempt in between fails."""
    faults = ("--fault", "kill_receiver@3+0", "--fault", "kill_receiver@3.2+0")  # a start takes longer than that
    done = stockstorm("run", scenario_file(tmp_path), "--seed", "1", "--rate", "60", *faults, "--runs", tmp_path)
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    verdicts = {check["name"]: check["verdict"] for check in result["checks"]}
    assert (verdicts["delivery_success"], verdicts["nothing_lost"], verdicts["drift"]) == ("valid",) * 3, done.stdout
    facts = facts_of(tmp_path / "latest")
    begun, ended = ([f["at_ns"] for f in facts if f["fact"] == kind] for kind in ("FaultStarted", "FaultEnded"))
    assert len(begun) == 2
    assert ended[0] == ended[1] > begun[1]
    assert "fault: receiver killed" in done.stdout + done.stderr
