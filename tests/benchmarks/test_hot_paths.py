"""No hot path is slower than its stored baseline, and a path that became slower is found."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.hot_paths import (
    ATTEMPTS,
    ROUNDS,
    SLOWER_MAX,
    Benchmark,
    Round,
    baseline,
    best,
    hot_paths,
    measured,
    measured_alone,
    runs_a_round,
)
from tests.benchmarks.judging import calibration_s

pytestmark = [
    pytest.mark.benchmark(timer=time.process_time, disable_gc=True, warmup=False),
    pytest.mark.timeout(600),  # CPU time is measured, and a busy machine may take its time
]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], Round]]:
    return dict(hot_paths(tmp_path_factory.mktemp("run")))


@pytest.mark.parametrize("name", list(hot_paths(Path())))
def test_a_hot_path_is_not_slower_than_its_baseline(
    paths: dict[str, Callable[[], Round]], name: str, benchmark: Benchmark
) -> None:
    stored = baseline().get(name, 0.0)
    found = measured(benchmark, paths[name](), enough=SLOWER_MAX * stored if math.isfinite(SLOWER_MAX) else 0.0)
    if found is None:
        pytest.skip("benchmarks are switched off")
    factor = found / (stored or found)
    told = f"{name} takes {factor:.2f} times the calibration loops of its baseline. If that is wanted: make baseline"
    assert factor <= SLOWER_MAX, told


def test_every_hot_path_has_a_baseline(paths: dict[str, Callable[[], Round]]) -> None:
    assert list(baseline()) == list(paths)


def test_a_path_that_takes_a_fifth_more_than_the_limit_is_found(
    paths: dict[str, Callable[[], Round]], benchmark: Benchmark
) -> None:
    run, more = paths["deliver stock"](), SLOWER_MAX * 1.2 - 1
    as_it_is = measured_alone(run, runs_a_round(run), ATTEMPTS)

    def slower() -> None:
        begun = time.process_time()
        run()
        until = time.process_time() + more * (time.process_time() - begun)
        while time.process_time() < until:
            pass

    found = measured(benchmark, slower)
    assert found is None or found > SLOWER_MAX * as_it_is


def test_attempts_end_with_the_first_that_is_enough(benchmark: Benchmark) -> None:
    """Two calibration loops are more than one, and less than a hundred."""
    begun: list[int] = []

    def twice() -> None:
        begun.append(1)
        for _ in range(2):
            calibration_s()

    assert measured(benchmark, twice, enough=100.0) is None or len(begun) < 4 * ROUNDS


def test_one_attempt_within_the_limit_is_enough() -> None:
    quick, slow = [1.0] * ROUNDS, [2.0] * ROUNDS
    assert best(slow + quick + slow, [1.0] * 3 * ROUNDS) == 1.0
    assert best(slow, quick) == 2.0
    assert best([3.0, *slow], [2.0, *quick]) == 2.0


def test_the_calibration_loop_takes_long_enough_to_be_measured() -> None:
    assert calibration_s() > 0.005
