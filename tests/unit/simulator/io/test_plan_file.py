"""A stored plan has the lines and the digest of the plan in memory, and is read as it is taken."""

from itertools import islice
from pathlib import Path

import pytest

from stockstorm.scenarios.loader import load
from stockstorm.simulator import limits
from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.io.plan_file import plan_digest, store_plan
from stockstorm.simulator.plan.planner import make_plan


def test_a_stored_plan_is_the_plan(tmp_path: Path) -> None:
    scenario = load("smoke")
    plan = make_plan("smoke", scenario, 3)
    stored = store_plan(tmp_path / "plan.jsonl", "smoke", scenario, 3)
    assert tuple(stored.items()) == plan.items
    assert list(islice(stored.items(), 2)) == list(plan.items[:2])
    assert stored.path.read_bytes() == b"".join(plan.lines())
    summary = stored.summary
    assert (summary.items, summary.expected_events) == (len(plan.items), plan.expected_events)
    assert summary.digest == plan_digest("smoke", scenario, 3) == plan.digest()
    assert summary.duration_ns == plan.duration_ns


def test_a_plan_of_too_many_items_is_refused_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PLAN_MAX_ITEMS", 40)
    monkeypatch.setattr("stockstorm.simulator.plan.planner.expected_items_max", lambda _: 0)
    with pytest.raises(LimitError, match="41 items, where 40 is the limit"):
        store_plan(tmp_path / "plan.jsonl", "smoke", load("smoke"), 3)
