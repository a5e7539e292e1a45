"""A process whose memory grows with every event leaks."""

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.memory import Memory
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, order_event

MIB = 1024**2


def sampled(mib: list[float], process: str = "worker", per_second: int = 100, *more: f.AnyFact) -> Check:
    """One sample a second, and events at an even rate."""
    seconds = len(mib)
    samples = [f.ResourcesSampled(ns(n * 1000), process, n, int(level * MIB)) for n, level in enumerate(mib)]
    events = [order_event(n * 1000 / per_second, n, n, "bazaar") for n in range(seconds * per_second)]
    return check_all(history(opened(duration_ms=seconds * 1000), *samples, *events, *more), (Memory(),))[0]


def test_a_leak_of_100_kib_an_event_is_invalid() -> None:
    found = sampled([60 + n * 100 * 100 / 1024 for n in range(20)])
    assert (found.verdict, [incident.kind for incident in found.incidents]) == ("invalid", ["memory_growth"])
    assert "100 KiB an event" in found.incidents[0].text


@pytest.mark.parametrize(
    "levels",
    [
        [60.0] * 20,
        [20 + 12 * min(n, 6) for n in range(20)],  # caches that fill in the first third
        [60.0] * 12 + [120.0] * 8,  # a step, as when a pool or a heap is enlarged once
        [60 + 30 * (n % 5) for n in range(20)],  # a heap that is collected every five seconds
        [60 + 0.5 * n for n in range(20)],  # a row kept for every event: 5 KiB
    ],
)
def test_a_sound_process_is_valid(levels: list[float]) -> None:
    found = sampled(levels)
    assert (found.verdict, found.incidents_total) == ("valid", 0)
    assert found.exposure["seconds observed"] >= 12


@pytest.mark.parametrize(
    ("after", "verdict"),
    [([130.0, 62.0, 62.0], "valid"), ([245.0, 240.0, 240.0], "invalid"), ([245.0, 140.0], "invalid")],
)
def test_what_is_given_back_after_the_load_was_garbage_and_no_leak(after: list[float], verdict: str) -> None:
    """Node's heap grew by 14 KiB an event for half a minute, and was collected once the load was over."""
    levels = [60.0 + 10 * n for n in range(20)]
    rest = [f.ResourcesSampled(ns(20_500 + n * 500), "worker", 9, int(level * MIB)) for n, level in enumerate(after)]
    assert sampled([50.0] * 7 + levels[:13], "worker", 100, *rest).verdict == verdict


def test_memory_that_grows_more_and_more_slowly_may_be_a_heap_that_warms_up() -> None:
    found = sampled([400 - 340 * 0.93**n for n in range(20)])
    assert (found.verdict, found.incidents_total) == ("unknown", 0)
    assert found.reason.endswith("more and more slowly: a heap that warms up, or a leak. A longer run tells")
    assert sampled([60 + n * (n + 10) / 2 for n in range(20)]).verdict == "invalid"  # faster and faster


def test_a_restart_after_the_load_gives_nothing_back() -> None:
    ended = f.ProcessEnded(ns(20_400), "worker", 41, -9)
    rest = f.ResourcesSampled(ns(20_500), "worker", 9, 50 * MIB)
    assert sampled([60 + 10 * n for n in range(20)], "worker", 100, ended, rest).verdict == "invalid"


def test_a_short_run_does_not_tell() -> None:
    assert sampled([60 + 20 * n for n in range(8)]).verdict == "not_exercised"


def test_the_database_and_the_generator_are_not_the_subject() -> None:
    assert sampled([60 + 20 * n for n in range(20)], "postgres").verdict == "not_exercised"
    assert sampled([60 + 20 * n for n in range(20)], "generator").verdict == "not_exercised"


def test_a_process_that_was_killed_is_observed_from_its_restart() -> None:
    killed = (f.FaultStarted(ns(15_000), "kill_worker", "worker"), f.FaultEnded(ns(16_000), "kill_worker", "worker"))
    assert sampled([60 + 10 * n for n in range(20)], "worker", 100, *killed).verdict == "not_exercised"


def test_a_process_that_was_restarted_fills_its_heap_again() -> None:
    """Of a service in Node that was killed for the last time at half of the load: 110 MiB is its usual heap."""
    killed = (f.FaultStarted(ns(19_000), "kill_worker", "worker"), f.FaultEnded(ns(20_000), "kill_worker", "worker"))
    heap = [71, 78, 79, 80, 84, 89, 90, 91, 94, 98, 102, 106, 110, 111, 111, 112, 112, 112, *[112] * 8]
    found = sampled([*[65.0] * 22, *heap], "worker", 15, *killed)
    assert (found.verdict, found.exposure["seconds observed"]) == ("valid", 9)


def test_a_process_that_leaks_after_its_restart_is_invalid() -> None:
    killed = (f.FaultStarted(ns(4_000), "kill_worker", "worker"), f.FaultEnded(ns(5_000), "kill_worker", "worker"))
    assert sampled([60.0] * 7 + [60 + 10 * n for n in range(23)], "worker", 100, *killed).verdict == "invalid"


def test_a_heap_that_grows_once_while_few_events_come_is_no_leak() -> None:
    """A sound service in Node grew by 33 MiB in 5 s and 1,143 events, on a busy machine."""
    levels = [82.0 + 3.3 * n for n in range(11)]
    assert sampled([80.0] * 6 + levels, "worker", 100).verdict == "valid"
    assert sampled([80.0] * 6 + [82.0 + 9.9 * n for n in range(11)], "worker", 100).verdict == "invalid"
