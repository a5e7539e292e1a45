"""Checks of notifications excuse a subject that polls, and no other."""

import msgspec

from stockstorm.reports.checkers import CHECKERS, NOT_ASKED, POLLS, check_all, polls
from stockstorm.reports.verdict.judge import judge
from stockstorm.reports.verdict.thresholds import judge_thresholds
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, started

EXCUSED = {checker.name for checker in CHECKERS if checker.when_polling is not None}


def polled(*facts: f.AnyFact, declared: bool = True) -> list[f.AnyFact]:
    return [msgspec.structs.replace(started(), polls=declared), *facts]


def test_checks_of_notifications_are_not_exercised_by_a_subject_that_polls() -> None:
    found = {check.name: check for check in check_all(history(*polled()))}
    assert {name for name, check in found.items() if NOT_ASKED in check.notes} == EXCUSED
    assert all((found[name].verdict, found[name].reason) == ("not_exercised", POLLS) for name in EXCUSED)
    assert found["forged"].measures == {"forged.accepted": 0.0, "forged.sent": 0.0}


def test_a_subject_that_does_not_declare_polling_is_not_excused() -> None:
    assert not polls(history(*polled(declared=False)))


def test_a_subject_with_planned_deliveries_is_not_excused() -> None:
    planned = f.DeliveryPlanned(ns(1), 0, 0, "w", 1, "orders/create", ns(1))
    assert not polls(history(*polled(planned)))


def test_a_threshold_on_notifications_is_not_exercised_by_a_subject_that_polls() -> None:
    expect = {"ack_time_ms.p95": "< 1000", "lost.events": "== 0"}
    checks = check_all(history(*polled()))
    measures = {name: value for check in checks for name, value in check.measures.items()}
    outcomes = judge_thresholds(expect, checks, measures, {})
    assert [(outcome.verdict, outcome.found) for outcome in outcomes] == [
        ("not_exercised", None),
        ("not_exercised", 0.0),
    ]
    assert outcomes[0].reason == POLLS


def test_a_run_without_any_fact_of_the_subject_stays_unknown() -> None:
    assert judge(history(*polled(f.RunEnded(ns(9), True)))).verdict == "unknown"
