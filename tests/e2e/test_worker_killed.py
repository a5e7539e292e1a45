"""SIGKILL of the worker during the load: after its restart nothing is lost and nothing is applied twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.stored_history import facts_of

pytestmark = pytest.mark.e2e


def test_a_killed_worker_loses_nothing_and_applies_nothing_twice(stockstorm: Any, tmp_path: Path) -> None:
    arguments = ("run", "proof", "--seed", "3", "--fault", "kill_worker@4+1", "--fault", "kill_worker@7+1")
    done = stockstorm(*arguments, "--runs", tmp_path)
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    verdicts = {check["name"]: check["verdict"] for check in result["checks"]}
    assert (verdicts["nothing_lost"], verdicts["applied_twice"], verdicts["drift"]) == ("valid",) * 3, done.stdout
    facts = facts_of(tmp_path / "latest")
    assert sum(fact["fact"] == "FaultStarted" and fact["target"] == "worker" for fact in facts) == 2
