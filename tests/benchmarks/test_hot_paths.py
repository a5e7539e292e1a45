"""No hot path is slower than its stored baseline, and a path that became slower is found."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.hot_paths import SLOWER_MAX, Round, baseline, hot_paths, loops, too_slow
from tests.benchmarks.judging import calibration_s


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], Round]]:
    return dict(hot_paths(tmp_path_factory.mktemp("run")))


def test_every_hot_path_has_a_baseline(paths: dict[str, Callable[[], Round]]) -> None:
    assert list(baseline()) == list(paths)


@pytest.mark.parametrize("name", list(hot_paths(Path())))
def test_a_hot_path_is_not_slower_than_its_baseline(paths: dict[str, Callable[[], Round]], name: str) -> None:
    factor = too_slow(paths[name](), baseline()[name])
    assert factor is None, (
        f"{name} takes {factor:.2f} times the calibration loops of its baseline. If that is wanted: "
        "python -m tests.benchmarks.hot_paths --write"
    )


def test_a_path_that_takes_30_percent_longer_is_found_and_the_same_path_again_is_not(
    paths: dict[str, Callable[[], Round]],
) -> None:
    run = paths["deliver stock"]()
    stored = min(loops(run) for _ in range(3))

    def slower() -> None:
        begun = time.process_time()
        run()
        until = time.process_time() + 0.3 * (time.process_time() - begun)
        while time.process_time() < until:
            pass

    assert too_slow(run, stored) is None
    found = too_slow(slower, stored)
    assert found is not None
    assert found > SLOWER_MAX


def test_the_calibration_loop_takes_long_enough_to_be_measured() -> None:
    assert calibration_s() > 0.005
