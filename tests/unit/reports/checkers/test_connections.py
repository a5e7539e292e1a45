"""Connections that are opened without end and left open, against pools, bursts and calls that hang."""

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.connections import Connections
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import API_CONNECTIONS_MAX
from tests.literal_history import history, ns, opened

SECONDS = 20
Level = tuple[int, int, int]  # open, idle, used in the second


def facts(levels: list[Level], *more: f.AnyFact) -> tuple[f.AnyFact, ...]:
    samples = (
        f.GeneratorSampled(ns(1_000 * n), 10**9, 0, 0, 0, 0, 0, api_connections=all_, api_idle=idle, api_used=used)
        for n, (all_, idle, used) in enumerate(levels, 1)
    )
    return (*opened(duration_ms=1_000 * len(levels)), *samples, *more)


def checked(levels: list[Level], *more: f.AnyFact) -> Check:
    return check_all(history(*facts(levels, *more)), (Connections(),))[0]


def test_a_connection_for_each_of_ten_calls_a_second_that_is_never_closed_is_invalid() -> None:
    levels = [(10 * n, 10 * n - 1, 12) for n in range(1, SECONDS + 1)]
    found = checked(levels)
    assert (found.verdict, [one.kind for one in found.incidents]) == ("invalid", ["connections_left_open"])
    assert "had 199 idle connections to the APIs at 20.000 s" in found.incidents[0].text
    named, _ = diagnose(history(*facts(levels)), (found,))
    assert [one.explains for one in named if one.name == "open_connections"] == [("connections",)]


def test_a_leak_that_takes_all_that_are_accepted_is_invalid() -> None:
    levels = [(min(API_CONNECTIONS_MAX, 300 * n), min(API_CONNECTIONS_MAX, 300 * n), 310) for n in range(1, 21)]
    assert checked(levels).verdict == "invalid"


@pytest.mark.parametrize(
    "levels",
    [
        [(4, 4, 3)] * SECONDS,  # a pool
        [(min(60, 10 * n), min(60, 10 * n), 60) for n in range(SECONDS)],  # one that grew with the first burst
        [(0, 0, 200)] * SECONDS,  # a connection for each call, closed after it
        [(100 * (n % 5), 100 * (n % 5), 90) for n in range(SECONDS)],  # left to a collector of garbage
        [(10 * n, 0, 10) for n in range(SECONDS)],  # calls that are not answered
        [(5 * n, 5 * n, 5 * n) for n in range(SECONDS)],  # as many as are in use, under a growing load
        [(n, n, 2) for n in range(SECONDS)],  # too few to tell
        [(min(50, 3 * n), min(50, 3 * n), 3) for n in range(SECONDS)],  # a pool of 50 that takes the oldest in turn
    ],
)
def test_a_sound_client_is_valid(levels: list[Level]) -> None:
    assert checked(levels).verdict == "valid"


def test_what_was_before_a_fault_does_not_count() -> None:
    killed = (f.FaultStarted(ns(15_000), "kill_worker", "worker"), f.FaultEnded(ns(16_000), "kill_worker", "worker"))
    assert checked([(10 * n, 10 * n, 12) for n in range(1, SECONDS + 1)], *killed).verdict == "not_exercised"


def test_a_history_without_counts_is_not_judged() -> None:
    old = tuple(f.GeneratorSampled(ns(1_000 * n), 10**9, 0, 0, 0, 0, 0) for n in range(SECONDS))
    assert check_all(history(*opened(), *old), (Connections(),))[0].verdict == "not_exercised"
