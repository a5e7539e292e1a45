"""A run in which deliveries are lost must last until a reconciliation can have found the last of them."""

from typing import Any

from stockstorm.scenarios.loader import load, validated
from stockstorm.scenarios.promises import promises
from stockstorm.scenarios.spec import Scenario

BASE: dict[str, Any] = {
    "name": "x",
    "title": "x",
    "shows": "x",
    "channels": [{"name": "online"}, {"name": "bazaar"}],
    "phases": [{"name": "only", "seconds": 20.0, "rate": 1.0}],
    "perturbations": [{"kind": "lost", "share": 0.1}],
    "expect": {},
}


def found(**changed: Any) -> list[tuple[str, str]]:
    checked = validated({**BASE, **changed})
    return [] if isinstance(checked, Scenario) else [(problem.key, problem.found) for problem in checked]


def test_the_period_of_reconciliation_must_be_given_and_the_end_must_wait_for_two_of_them() -> None:
    assert found() == [("subject.reconcile_s", "missing, but some deliveries are lost")]
    short = found(subject={"reconcile_s": 4.0}, quiesce={"quiet_s": 7.0})
    assert short == [("quiesce.quiet_s", "7 s, but what is lost is looked for every 4 s only")]
    assert found(subject={"reconcile_s": 4.0}, quiesce={"quiet_s": 8.0}) == []
    assert found(perturbations=[]) == []


def test_the_scenario_promises_that_orders_are_lost() -> None:
    assert "never_sent" in promises(load("lost_by_shopify"))
    assert "never_sent" not in promises(load("duplicate_storm"))
