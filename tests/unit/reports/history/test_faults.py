"""The intervals of faults, also of those that overlap."""

from stockstorm.reports.history.faults import FaultInterval, api_outages, build_fault_intervals
from stockstorm.reports.history.log import FactLog
from stockstorm.scenarios.loader import load
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.facts import FaultName


def intervals(*changes: tuple[int, str, FaultName, str]) -> list[FaultInterval]:
    made: dict[str, type[f.FaultStarted | f.FaultEnded]] = {"begin": f.FaultStarted, "end": f.FaultEnded}
    log = FactLog((*(made[what](at, fault, target) for at, what, fault, target in changes), f.RunEnded(99, True)))
    return build_fault_intervals(log)


def test_an_end_closes_the_first_open_begin_of_its_fault_and_target() -> None:
    found = intervals(
        (1, "begin", "kill_worker", "worker"),
        (2, "begin", "pause_database", "database"),
        (3, "begin", "kill_worker", "worker"),
        (5, "end", "kill_worker", "worker"),
        (5, "end", "kill_worker", "worker"),
        (6, "end", "pause_database", "database"),
    )
    assert found == [
        FaultInterval("kill_worker", "worker", 1, 5),
        FaultInterval("pause_database", "database", 2, 6),
        FaultInterval("kill_worker", "worker", 3, 5),
    ]


def test_a_fault_without_an_end_lasts_to_the_end_of_the_run() -> None:
    assert intervals((1, "begin", "kill_worker", "worker")) == [FaultInterval("kill_worker", "worker", 1, 99)]


def test_an_end_without_a_begin_is_no_fault() -> None:
    assert intervals((1, "end", "kill_worker", "worker")) == []


def test_an_interval_says_on_what_evidence_its_fault_began() -> None:
    log = FactLog((f.FaultStarted(1, "kill_worker", "worker", "executed"), f.RunEnded(9, True)))
    assert build_fault_intervals(log) == [FaultInterval("kill_worker", "worker", 1, 9, "executed")]


def test_outages_of_apis_are_intervals_and_shares_of_calls_are_not() -> None:
    start_ns = 5 * SECOND_NS
    found = api_outages(load("failing_apis"), start_ns)
    assert [
        (one.fault, (one.begin_ns - start_ns) / SECOND_NS, (one.end_ns - start_ns) / SECOND_NS) for one in found
    ] == [
        ("admin: server errors", 10, 12),
        ("mercado: throttling", 18, 20),
        ("bazaar: connections dropped before execution", 26, 28),
    ]
    assert not any(one.planned for one in found)
