"""A limit that the machine alone may have broken is no proof against the subject."""

import msgspec
import pytest

from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, planned, recorded, sold, tried


def judged(expect: str, waited_ms: int, others_ms: int, *facts: f.AnyFact) -> tuple[str, str]:
    """The verdict on one line, and its reason. In each second the worker waits for a CPU, and others use some."""
    start = [
        msgspec.structs.replace(fact, scenario={"expect": {expect: "< 1000"}})
        if isinstance(fact, f.RunStarted)
        else fact
        for fact in opened(duration_ms=10_000)
    ]
    samples = busy(waited_ms, others_ms)
    (line,) = judge(history(*start, *samples, *facts, f.RunEnded(ns(20_001), complete=True))).thresholds
    return line.verdict, line.reason


def busy(waited_ms: int, others_ms: int) -> list[f.AnyFact]:
    found: list[f.AnyFact] = []
    for second in range(21):
        at, cpu = ns(second * 1_000), second * 200_000_000
        found.append(f.ResourcesSampled(at, "worker", cpu, 1, waited_ns=second * waited_ms * 1_000_000))
        found.append(f.MachineSampled(at, 2, cpu + second * others_ms * 1_000_000))
    return found


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "verdict"), [(700, 1_500, "unknown"), (700, 0, "invalid"), (200, 1_500, "invalid")]
)
def test_timeouts_while_others_take_the_machine(waited_ms: int, others_ms: int, verdict: str) -> None:
    late = [
        fact
        for n in range(40)
        for fact in (
            planned(n * 100, n, n),
            f.AttemptEnded(ns(n * 100 + 5_000), n, 1, ns(n * 100), ns(n * 100), 0, 0, ns(n * 100), 0, "answer_timeout"),
        )
    ]
    found, reason = judged("ack_time_ms.p99", waited_ms, others_ms, *late)
    assert found == verdict, reason


@pytest.mark.parametrize(("waited_ms", "verdict"), [(700, "unknown"), (100, "invalid")])
def test_orders_that_are_written_late_while_others_use_the_machine(waited_ms: int, verdict: str) -> None:
    orders = [
        fact
        for n in range(40)
        for fact in (sold(n * 10, n, "bazaar", 1, 90, 90), recorded(n * 10 + 1_500, n + 1, -1, 89 - n, f"bazaar:{n}"))
    ]
    acks = [fact for n in range(40) for fact in (planned(n * 100, n, n), tried(n * 100, n, 5))]
    found, reason = judged("order_latency_ms.p95", waited_ms, 1_500, *orders, *acks)
    assert found == verdict, reason


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "verdict"),
    [(700, 1_500, "unknown"), (700, 0, "invalid"), (200, 1_500, "invalid"), (0, 1_500, "invalid")],
)
def test_acks_that_are_late_while_others_use_the_machine(waited_ms: int, others_ms: int, verdict: str) -> None:
    facts: list[f.AnyFact] = []
    for second in range(11):
        cpu = second * 200_000_000
        facts.append(f.ResourcesSampled(ns(second * 1_000), "worker", cpu, 1, waited_ns=second * waited_ms * 1_000_000))
        facts.append(f.MachineSampled(ns(second * 1_000), 2, cpu + second * others_ms * 1_000_000))
    start = [
        msgspec.structs.replace(fact, scenario={"expect": {"ack_time_ms.p99": "< 1000"}})
        if isinstance(fact, f.RunStarted)
        else fact
        for fact in opened(duration_ms=10_000)
    ]
    acks = [fact for n in range(40) for fact in (planned(n * 100, n, n), tried(n * 100, n, 1_500))]
    (line,) = judge(history(*start, *facts, *acks, f.RunEnded(ns(10_001), complete=True))).thresholds
    assert line.verdict == verdict
    if verdict == "unknown":
        assert "without waits for a CPU it may be as low as" in line.reason
