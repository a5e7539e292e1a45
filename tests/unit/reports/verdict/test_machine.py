"""A limit that the machine alone may have broken is no proof against the subject."""

import msgspec
import pytest

from stockstorm.reports.history import History
from stockstorm.reports.verdict.judge import judge
from stockstorm.reports.verdict.machine import on_a_free_machine
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, planned, recorded, rest, sold, tried
from tests.outages import Sales, down, in_scenario


def machine(seconds: int, waited_ms: int, others_ms: int, busy: range | None = None) -> list[f.AnyFact]:
    """Each second, or each one of `busy`, a process waits so long for a CPU, and other programs use it for so long."""
    facts: list[f.AnyFact] = []
    for second in range(seconds + 1):
        cpu, times = second * 200_000_000, second if busy is None else sum(one < second for one in busy)
        facts.append(f.ResourcesSampled(ns(second * 1_000), "worker", cpu, 1, waited_ns=times * waited_ms * 1_000_000))
        facts.append(f.MachineSampled(ns(second * 1_000), 2, cpu + times * others_ms * 1_000_000))
    return facts


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "verdict"),
    [(700, 1_500, "unknown"), (700, 0, "invalid"), (200, 1_500, "invalid"), (0, 1_500, "invalid")],
)
def test_acks_that_are_late_while_others_use_the_machine(waited_ms: int, others_ms: int, verdict: str) -> None:
    facts = machine(10, waited_ms, others_ms)
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


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "verdict"), [(700, 1_500, "unknown"), (300, 1_500, "invalid"), (700, 0, "invalid")]
)
def test_attempts_that_time_out_while_others_make_a_queue_grow(waited_ms: int, others_ms: int, verdict: str) -> None:
    """What a service of its own machine would have taken in time proves nothing here, in acks and deliveries alike."""
    limit = {"expect": {"ack_time_ms.p99": "< 1000"}}
    start = [
        msgspec.structs.replace(fact, scenario=limit) if isinstance(fact, f.RunStarted) else fact
        for fact in opened(duration_ms=10_000)
    ]
    late = [
        fact
        for n in range(40)
        for fact in (
            planned(2_000 + n * 100, n, n),
            tried(2_000 + n * 100, n, 1_000, 0, "connect_timeout"),
            tried(3_500 + n * 100, n, 900, nth=2),
        )
    ]
    facts = history(*start, *machine(10, waited_ms, others_ms), *late, f.RunEnded(ns(10_001), complete=True))
    found = judge(facts)
    assert [line.verdict for line in found.thresholds] == [verdict]
    assert {check.name: check.verdict for check in found.checks}["delivery_success"] == verdict


def least(history: History, measure: str) -> float:
    found = on_a_free_machine(history, measure)
    assert found is not None
    return found[0]


def test_an_order_that_is_late_while_others_use_the_machine() -> None:
    """It took 1.5 s, in which a process waited 0.3 s of every second; one that was never written stays so."""
    orders = [
        fact
        for number in range(3)
        for fact in (
            sold(1_000 + number * 2_000, number, "bazaar", before=10 - number),
            recorded(2_500 + number * 2_000, number + 1, -1, 9 - number, f"bazaar:{number}"),
        )
    ]
    found = history(*opened(duration_ms=10_000), *machine(10, 300, 1_500), *orders, rest(9_900))
    assert not found.orders.net_only
    assert [sample.latency_ms for sample in found.order_samples] == [1_500.0] * 3
    assert least(found, "order_latency_ms.p95") == least(found, "order_latency_ms.max") == 900.0
    queued = history(*opened(duration_ms=10_000), *machine(10, 700, 1_500), *orders, rest(9_900))
    assert least(queued, "order_latency_ms.max") == 0.0
    unwritten = sold(1_000, 9, "bazaar")
    never = history(*opened(duration_ms=10_000), *machine(10, 700, 1_500), unwritten, *orders, rest(9_900))
    assert least(never, "order_latency_ms.max") == float("inf")


@pytest.mark.parametrize(
    ("others_ms", "seconds", "slowed"), [(1_500, range(2, 7), 0.0), (1_500, range(15), 1.0), (0, range(2, 7), None)]
)
def test_an_outage_whose_others_are_late_while_others_use_the_machine(
    others_ms: int, seconds: range, slowed: float | None
) -> None:
    """Pushes come 0.9 s late while mercado is down. A machine that is busy then, and not throughout, explains that."""
    sales = Sales(12_000)
    quick = [at + 50 for at in sales.at_ms]
    late = [at for at in quick if not 2_000 <= at < 6_000 or at % 900 < 100]
    mercado = [at for at in quick if not 2_000 <= at < 6_500]
    busy = machine(15, 900, others_ms, seconds)
    found = in_scenario(
        *sales.facts, *sales.listed("bazaar", late), *sales.listed("mercado", mercado), *busy, rest(15_000), **down()
    )
    seen = on_a_free_machine(found, "channel_outage.slowed")
    assert slowed == (None if seen is None else seen[0])
    if seen is None:
        return
    assert least(found, "channel_outage_ms.others.p95") < 100.0
    assert least(found, "channel_outage_s.recovery") == pytest.approx(0.0, abs=1e-6)
    assert on_a_free_machine(found, "channel_outage.others") is None


def test_a_number_is_no_time() -> None:
    busy = history(*opened(duration_ms=10_000), *machine(10, 700, 1_500), rest(9_900))
    assert on_a_free_machine(busy, "lost.events") is None
    assert on_a_free_machine(busy, "oversell.units") is None


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "proven"), [(700, 1_500, False), (700, 0, True), (200, 1_500, True)]
)
def test_a_timeout_while_others_take_half_of_its_time_or_more(waited_ms: int, others_ms: int, proven: bool) -> None:
    late = [
        fact
        for n in range(40)
        for fact in (
            planned(n * 100, n, n),
            f.AttemptEnded(ns(n * 100 + 5_000), n, 1, ns(n * 100), ns(n * 100), 0, 0, ns(n * 100), 0, "answer_timeout"),
        )
    ]
    found = on_a_free_machine(history(*opened(), *machine(20, waited_ms, others_ms), *late), "ack_time_ms.p99")
    assert (found is None or found[0] == float("inf")) == proven
