"""A subject that polls is not held to notifications that it never asked for; one that should have asked is."""

import msgspec

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.polling import MEASURES, NOT_ASKED, REASON, polls
from stockstorm.reports.verdict.judge import judge
from stockstorm.reports.verdict.thresholds import judge_thresholds
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, started


def polled(*facts: f.AnyFact, says_so: bool = True) -> list[f.AnyFact]:
    return [msgspec.structs.replace(started(), polls=says_so), *facts]


def test_checks_of_notifications_have_nothing_to_find_for_a_subject_that_polls() -> None:
    found = {check.name: check for check in check_all(history(*polled()))}
    assert {name for name, check in found.items() if NOT_ASKED in check.notes} == set(MEASURES)
    assert all((found[name].verdict, found[name].reason) == ("valid", REASON) for name in MEASURES)


def test_a_subject_that_does_not_say_so_gets_no_leave() -> None:
    assert not polls(history(*polled(says_so=False)))


def test_a_subject_that_was_notified_after_all_gets_no_leave() -> None:
    planned = f.DeliveryPlanned(ns(1), 0, 0, "w", 1, "orders/create", ns(1))
    assert not polls(history(*polled(planned)))


def test_a_threshold_on_notifications_holds_where_none_was_asked_for() -> None:
    expect = {"ack_time_ms.p95": "< 1000", "lost.events": "== 0"}
    checks = check_all(history(*polled()))
    measures = {name: value for check in checks for name, value in check.measures.items()}
    outcomes = judge_thresholds(expect, checks, measures, {})
    assert [(outcome.verdict, outcome.found) for outcome in outcomes] == [("valid", None), ("valid", 0.0)]
    assert outcomes[0].reason == REASON


def test_a_run_without_any_fact_of_the_subject_stays_unknown() -> None:
    assert judge(history(*polled(f.RunEnded(ns(9), True)))).verdict == "unknown"
