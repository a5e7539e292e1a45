"""Connections that timed out because other programs had the machine for a moment."""

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.delivery_success import DeliverySuccess
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.verdict.machine import on_a_free_machine
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, planned, tried

MS = 1_000_000


def stalled(waited_ms: int, *, timeouts: int = 2, others_ms: int = 900) -> History:
    """100 attempts in 10 s, of which the last time out. Each second the service waits for a CPU that others use."""
    samples: list[f.AnyFact] = []
    for second in range(13):
        at, cpu = ns(second * 1_000), second * 200 * MS
        samples.append(f.ResourcesSampled(at, "receiver", cpu, 1, waited_ns=second * waited_ms * MS))
        samples.append(f.MachineSampled(at, 2, cpu + second * others_ms * MS))
    facts: list[f.AnyFact] = []
    for number in range(100):
        begun = number * 100
        facts.append(planned(begun, number, number))
        late = f.AttemptEnded(ns(begun + 1_000), number, 1, ns(begun), ns(begun), 0, 0, ns(begun), 0, "connect_timeout")
        facts.append(tried(begun, number, 5) if number < 100 - timeouts else late)
    return history(*opened(), *samples, *facts)


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "timeouts", "found"),
    [(300, 900, 2, 2), (100, 900, 2, 0), (300, 0, 2, 0), (300, 900, 40, 0)],
    ids=["a moment", "hardly any wait", "the run itself", "many"],
)
def test_a_few_connections_that_came_while_the_service_stood_still(
    waited_ms: int, others_ms: int, timeouts: int, found: int
) -> None:
    run = stalled(waited_ms, timeouts=timeouts, others_ms=others_ms)
    assert len(run.stalled) == found
    least = on_a_free_machine(run, "ack_time_ms.max")
    assert (least is not None and least[0] < 1_000) == bool(found)


@pytest.mark.parametrize(("others_ms", "named"), [(900, False), (0, True)])
def test_what_the_machine_explains_names_no_work_before_the_answer(others_ms: int, named: bool) -> None:
    run = stalled(300, others_ms=others_ms)
    (check,) = check_all(run, (DeliverySuccess(),))
    assert check.verdict == ("invalid" if named else "unknown")
    found, _ = diagnose(run, (check,))
    assert ("slow_answers" in [one.name for one in found]) == named
