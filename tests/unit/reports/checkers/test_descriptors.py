"""A process that opens files or connections without end, against pools, bursts and our own connections to it."""

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.descriptors import Descriptors
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened

SECONDS = 20


def run(levels: list[int], connections: list[int] | None = None, process: str = "worker") -> History:
    samples = [f.ResourcesSampled(ns(1_000 * n), process, n, 10**7, level) for n, level in enumerate(levels)]
    ours = connections or [5] * len(levels)
    generator = [f.GeneratorSampled(ns(1_000 * n), 10**9, 0, count, 0, 0, 0) for n, count in enumerate(ours)]
    return history(opened(duration_ms=1_000 * len(levels)), *samples, *generator)


def checked(found: History) -> Check:
    return check_all(found, (Descriptors(),))[0]


def test_ten_more_in_every_second_are_invalid_and_named() -> None:
    found = run([20 + 10 * n for n in range(SECONDS)])
    check = checked(found)
    assert (check.verdict, [one.kind for one in check.incidents]) == ("invalid", ["descriptors_left_open"])
    assert "worker had 90 files and connections open at 7.000 s and 210 at 19.000 s" in check.incidents[0].text
    named, _ = diagnose(found, (check,))
    assert [one.explains for one in named if one.name == "open_connections"] == [("descriptors",)]


@pytest.mark.parametrize(
    "found",
    [
        run([40] * SECONDS),
        run([20 + min(60, 20 * n) for n in range(SECONDS)]),  # pools that fill
        run([20 + n for n in range(SECONDS)]),  # too few to tell
        run([20 + 40 * (n % 5) for n in range(SECONDS)]),  # collected every five seconds
        run([20 + 10 * n for n in range(SECONDS)], [5 + 10 * n for n in range(SECONDS)], "receiver"),  # our connections
    ],
)
def test_a_sound_process_is_valid(found: History) -> None:
    assert checked(found).verdict == "valid"


@pytest.mark.parametrize(
    ("each_second", "after", "verdict"),
    [(4, [], "unknown"), (10, [], "invalid"), (10, [40], "valid"), (10, [215, 130], "unknown"), (10, [215], "invalid")],
)
def test_a_small_growth_may_be_a_pool_and_what_is_closed_after_the_load_is_no_leak(
    each_second: int, after: list[int], verdict: str
) -> None:
    rest = [f.ResourcesSampled(ns(20_500 + n * 500), "worker", 99, 10**7, level) for n, level in enumerate(after)]
    check = checked(History.of([*run([20 + each_second * n for n in range(SECONDS)]).facts, *rest]))
    assert check.verdict == verdict
    assert ("a leak, or a pool that fills slowly" in check.reason) is (verdict == "unknown")


def test_a_database_and_a_history_without_counts_are_not_judged() -> None:
    assert checked(run([20 + 10 * n for n in range(SECONDS)], process="postgres")).verdict == "not_exercised"
    assert checked(run([0] * SECONDS)).verdict == "not_exercised"
