"""Latency that grows under even load is invalid."""

from collections.abc import Callable

import msgspec
import pytest

from stockstorm.reports.checkers.trend import Trend
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, planned, tried


def acked(
    took_ms: Callable[[int], float], seconds: int = 12, kind: str = "constant", *more: f.AnyFact, **scenario: object
) -> Check:
    """40 attempts a second; the n-th takes `took_ms(n)`."""
    phase = {"name": "trade", "kind": kind, "seconds": float(seconds), "rate": 40.0}
    played = {"phases": [phase], **scenario}
    facts = [
        msgspec.structs.replace(fact, scenario=played) if isinstance(fact, f.RunStarted) else fact
        for fact in opened(duration_ms=seconds * 1000)
    ]
    attempts = [fact for n in range(seconds * 40) for fact in (planned(n * 25, n, n), tried(n * 25, n, took_ms(n)))]
    return Trend()(history(*facts, f.PhaseStarted(ns(0), "trade"), *attempts, *more))


def test_an_ack_time_that_grows_with_every_event_is_invalid() -> None:
    found = acked(lambda n: 10 + n)
    assert (found.verdict, [incident.kind for incident in found.incidents]) == ("invalid", ["latency_growth"])
    assert found.reason == "over the longest even phase, lower quartiles: ack time from 29 to 429 ms"
    assert found.measures["trend.ack_time.growth"] == pytest.approx(14.5, rel=0.1)


def test_a_start_that_is_slow_hides_no_growth_that_never_stops() -> None:
    """215 to 625 ms: less than three times as long, and longer in each sixth."""
    assert acked(lambda n: 240 + n * 0.9).verdict == "invalid"
    assert acked(lambda n: 240 + n * 0.9 - 120 * (n // 80 == 3)).verdict == "valid"


def test_one_dip_hides_no_growth() -> None:
    """125, 170, 295, 370, 322 and 565 ms, as a run on a busy machine had it."""
    levels = (125, 170, 295, 370, 322, 565)
    assert acked(lambda n: levels[n // 80]).verdict == "invalid"
    assert acked(lambda n: (125, 295, 170, 370, 322, 565)[n // 80]).verdict == "valid"


@pytest.mark.parametrize(
    "took_ms",
    [
        lambda _: 10.0,
        lambda n: 300.0 + n * 0.4,  # not twice as long
        lambda n: 100.0 + n * 0.3,  # not 200 ms longer
        lambda n: 10.0 if n < 400 else 300.0,  # a step: a neighbour took the machine
        lambda n: 10.0 + (n % 4 == 3) * n,  # only the slow ones grow
        lambda n: 10 + n * 0.05,  # too little to matter
        lambda n: (20, 28, 33, 40, 70, 92)[n // 80],  # a sound service, beside four other runs
        lambda n: 200.0 - n * 0.2,
        lambda n: 10 + 300 * (n // 80 % 2),  # up and down
    ],
)
def test_an_ack_time_that_does_not_grow_throughout_is_valid(took_ms: Callable[[int], float]) -> None:
    assert acked(took_ms).verdict == "valid"


def test_a_short_phase_or_a_rising_load_tells_nothing() -> None:
    assert acked(lambda n: 10 + n, 6).verdict == "not_exercised"
    assert acked(lambda n: 10 + n, 12, "ramp").verdict == "not_exercised"
    assert Trend()(history()).verdict == "not_exercised"


def test_deliveries_that_rise_in_an_even_plan_tell_nothing() -> None:
    """Those that were held back, or sent again, come on top of the later ones: latency may rise with them."""
    again = [
        fact for n in range(300, 400) for fact in (planned(n * 25, 1_000 + n, n), tried(n * 25, 1_000 + n, 10 + n))
    ]
    found = acked(lambda n: 10 + n, 12, "constant", *again)
    assert found.verdict == "not_exercised"
    assert found.reason == "the longest even phase had 1.4 times as many deliveries in its second half as in its first"
    assert acked(lambda n: 10 + n, 12, "constant", *again[:100]).verdict == "invalid"


def test_a_phase_with_a_fault_tells_nothing() -> None:
    fault = (f.FaultStarted(ns(3_000), "kill_worker", "worker"), f.FaultEnded(ns(4_000), "kill_worker", "worker"))
    assert acked(lambda n: 10 + n, 12, "constant", *fault).verdict == "not_exercised"


def test_a_phase_in_which_calls_of_the_apis_fail_tells_nothing() -> None:
    """What is tried again waits behind what failed, whoever calls."""
    failing = {"kind": "server_error", "share": 0.1, "from_s": 1.0, "until_s": 6.0}
    assert acked(lambda n: 10 + n, api_faults=[failing]).verdict == "not_exercised"
    assert acked(lambda n: 10 + n, api_faults=[{**failing, "from_s": 12.0, "until_s": 13.0}]).verdict == "invalid"


def test_a_late_generator_makes_growth_unknown() -> None:
    late = [f.AttemptEnded(ns(n), 9_000, 1, ns(0), ns(n), ns(n), ns(n), ns(0), 200, "") for n in range(5_000, 5_100)]
    assert acked(lambda n: 10 + n, 12, "constant", *late).verdict == "unknown"


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "steadily", "verdict"),
    [(300, 900, False, "unknown"), (300, 0, False, "invalid"), (300, 900, True, "invalid")],
)
def test_growth_that_other_programs_of_the_machine_explain_is_unknown(
    waited_ms: int, others_ms: int, steadily: bool, verdict: str
) -> None:
    """60 to 240 ms, while a process waits for a CPU that others use, or the run itself: more and more, or steadily."""
    busy: list[f.AnyFact] = []
    cpu = waited = used = 0
    for second in range(13):
        at = ns(second * 1_000)
        busy += [f.ResourcesSampled(at - 1, "worker", cpu, 1, waited_ns=waited), f.MachineSampled(at, 2, used)]
        cpu, waited = cpu + 100_000_000, waited + (6 if steadily else second) * waited_ms * 100_000
        used += 100_000_000 + others_ms * 1_000_000
    found = acked(lambda n: 60.0 + n // 80 * 36, 12, "constant", *busy)
    assert found.verdict == verdict
    if verdict == "unknown":
        assert "but a process of the run waited 2.0 s of 12.0 s for a CPU" in found.reason


@pytest.mark.parametrize(
    ("cpu_ms", "waited_ms", "others_ms", "verdict"),
    [
        ((950,) * 12, 0, 0, "unknown"),  # a core of its own, used up from the begin
        ((500,) * 12, 450, 0, "unknown"),  # one that it shares with the rest of the run
        ((500,) * 12, 450, 900, "unknown"),  # with other programs, which took less than half of the time
        ((300, 400, 500, 600, 700, 800, 900, 950, 950, 950, 950, 950), 0, 0, "invalid"),  # more and more for each event
        ((200,) * 12, 0, 0, "invalid"),  # it has time, and waits for something
    ],
)
def test_a_queue_that_grows_because_the_machine_is_too_small_proves_no_cost_that_grows(
    cpu_ms: tuple[int, ...], waited_ms: int, others_ms: int, verdict: str
) -> None:
    samples: list[f.AnyFact] = []
    cpu = waited = used = 0
    for second in range(13):
        at = ns(second * 1_000)
        samples += [f.ResourcesSampled(at - 1, "worker", cpu, 1, waited_ns=waited), f.MachineSampled(at, 2, used)]
        if second < 12:
            cpu, waited = cpu + cpu_ms[second] * 1_000_000, waited + waited_ms * 1_000_000
            used += (cpu_ms[second] + others_ms) * 1_000_000
    found = acked(lambda n: 10.0 + n, 12, "constant", *samples)
    assert found.verdict == verdict
    if verdict == "unknown":
        assert "but worker had no rest from the first sixth on: more comes than it can do" in found.reason


@pytest.mark.parametrize(("waited_ms", "verdict"), [(600, "unknown"), (300, "invalid")])
def test_growth_while_others_take_half_of_the_time_is_unknown(waited_ms: int, verdict: str) -> None:
    """They take as much in each part, so dividing by it changes nothing; but what waits grows by that."""
    samples: list[f.AnyFact] = []
    for second in range(13):
        at, cpu = ns(second * 1_000), second * 200_000_000
        samples.append(f.ResourcesSampled(at - 1, "worker", cpu, 1, waited_ns=second * waited_ms * 1_000_000))
        samples.append(f.MachineSampled(at, 2, cpu + second * 900_000_000))
    assert acked(lambda n: 10.0 + n, 12, "constant", *samples).verdict == verdict
