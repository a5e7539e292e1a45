"""Whether what the scenario injects has occurred. Without it, nothing of it was survived."""

from typing import Any

import msgspec

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.faults_met import FaultsMet
from stockstorm.reports.result import Check
from stockstorm.scenarios.loader import load
from stockstorm.simulator.config import FaultTrigger, Level
from stockstorm.simulator.history import facts as f
from tests.literal_history import called, history, ns, started


def found(scenario: str, *facts: f.AnyFact) -> Check:
    run = msgspec.structs.replace(started(), scenario=_tables(scenario))
    (check,) = check_all(history(run, *facts), (FaultsMet(),))
    return check


def _tables(name: str) -> dict[str, Any]:
    return load(name).model_dump(mode="json")


def failed(request: int, kind: f.Injected) -> f.ApiCalled:
    call = called(request, request, "inventoryAdjustQuantities")
    assert isinstance(call, f.ApiCalled)
    return msgspec.structs.replace(call, injected=kind)


def killed(ms: float, on: str, request: int = -1) -> f.FaultStarted:
    kind: Any = "kill_worker" if on == "executed" else "kill_subject"
    return f.FaultStarted(ns(ms), kind, "worker", msgspec.convert(on, FaultTrigger), request)


def test_a_scenario_without_such_faults_has_nothing_to_meet() -> None:
    assert found("smoke").verdict == "not_exercised"


def test_a_run_in_which_no_call_failed_has_survived_nothing() -> None:
    check = found("failing_apis", called(1, 1, "inventoryAdjustQuantities"))
    assert (check.verdict, check.reason) == ("unknown", "the scenario promises them, and none occurred: failing calls")


def test_calls_that_failed_are_counted_by_kind_and_what_none_met_is_said() -> None:
    check = found("failing_apis", failed(1, "dropped"), failed(2, "dropped"), failed(3, "slow"))
    assert check.verdict == "valid"
    assert check.exposure["connections dropped before execution"] == 2
    assert check.exposure["slow answers"] == 1
    assert check.exposure["rows rejected"] == 0
    assert "rows rejected" in check.notes[0]


def test_faults_on_evidence_that_never_began_make_the_run_unknown() -> None:
    check = found("crash_windows", failed(2, "slow"), killed(5, "executed"))
    assert check.verdict == "unknown"
    assert check.reason.endswith("none occurred: subject killed when an event was acknowledged")


def test_a_subject_that_polls_acknowledges_nothing_on_which_a_fault_could_begin() -> None:
    run = msgspec.structs.replace(started(), scenario=_tables("crash_windows"), polls=True)
    (check,) = check_all(history(run, failed(2, "slow"), killed(5, "executed")), (FaultsMet(),))
    assert check.reason.endswith("none occurred: subject killed when orders were read")
    (check,) = check_all(history(run, failed(2, "slow"), killed(5, "executed"), killed(7, "fetched")), (FaultsMet(),))
    assert check.verdict == "valid"


def test_faults_on_evidence_are_counted_and_the_call_that_one_took_is_not_a_failing_call() -> None:
    calls = (failed(1, "answer_lost"), failed(2, "slow"))
    check = found("crash_windows", *calls, killed(5, "executed", request=1), killed(9, "acknowledged"))
    assert check.verdict == "valid"
    assert check.exposure == {
        "slow answers": 1,
        "times worker killed when a change was executed": 1,
        "times subject killed when an event was acknowledged": 1,
        "times subject killed when orders were read": 0,  # a subject that is told of them need not read any
    }


def only_acknowledging(scenario: str, *facts: f.AnyFact, level: Level = "acknowledgement") -> Check:
    run = msgspec.structs.replace(started(), scenario=_tables(scenario), level=level)
    (check,) = check_all(history(run, *facts), (FaultsMet(),))
    return check


def test_a_subject_that_only_acknowledges_owes_no_change_on_which_a_fault_could_begin() -> None:
    check = only_acknowledging("crash_windows", killed(9, "acknowledged"))
    assert check.verdict == "valid"
    assert check.exposure["times worker killed when a change was executed"] == 0


def test_a_subject_that_only_acknowledges_and_was_not_killed_either_has_survived_nothing() -> None:
    sold = f.DeliveryPlanned(ns(1), 1, 1, "w1", 2, "order.created", ns(1))
    assert only_acknowledging("crash_windows", sold).verdict == "unknown"
    assert only_acknowledging("crash_windows", killed(9, "acknowledged"), level="full").verdict == "unknown"


def test_a_subject_that_only_acknowledges_makes_no_call_that_could_fail() -> None:
    assert only_acknowledging("failing_apis").verdict == "not_exercised"
    called_once = only_acknowledging("failing_apis", called(1, 1, "products"))
    assert called_once.verdict == "unknown", "it calls, and none of its calls failed"


def test_a_subject_that_was_told_of_no_order_acknowledged_none_on_which_a_fault_could_begin() -> None:
    """It gave the marketplaces no address."""
    sold = f.EventFired(ns(1), 1, "e1", "bazaar", "order.created", order=1)
    assert only_acknowledging("crash_windows", sold).verdict == "not_exercised"
