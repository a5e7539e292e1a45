"""A limit that the machine alone may have broken is no proof against the subject."""

import msgspec
import pytest

from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, planned, tried


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
