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


def test_a_short_run_does_not_tell() -> None:
    assert sampled([60 + 20 * n for n in range(8)]).verdict == "not_exercised"


def test_the_database_and_the_generator_are_not_the_subject() -> None:
    assert sampled([60 + 20 * n for n in range(20)], "postgres").verdict == "not_exercised"
    assert sampled([60 + 20 * n for n in range(20)], "generator").verdict == "not_exercised"


def test_a_process_that_was_killed_is_observed_from_its_restart() -> None:
    killed = (f.FaultStarted(ns(15_000), "kill_worker", "worker"), f.FaultEnded(ns(16_000), "kill_worker", "worker"))
    assert sampled([60 + 10 * n for n in range(20)], "worker", 100, *killed).verdict == "not_exercised"
