"""Work that takes far too long is ended with its stacks, and timers of others go on."""

import signal
import threading
import time
from pathlib import Path

import pytest

from stockstorm.loadtests.processes.time_limit import time_limit
from stockstorm.simulator.errors import InternalError


def spins_for_ever() -> None:
    while True:
        time.sleep(0)


def test_work_that_does_not_end_is_ended_with_its_stacks(tmp_path: Path) -> None:
    with (
        pytest.raises(InternalError, match="judging: it did not end within 0 s"),
        time_limit("judging", 0.1, tmp_path / "stacks.txt"),
    ):
        spins_for_ever()
    assert "in spins_for_ever" in (tmp_path / "stacks.txt").read_text()


def test_work_that_ends_leaves_no_timer_and_no_file(tmp_path: Path) -> None:
    before_s = signal.getitimer(signal.ITIMER_REAL)[0]
    with time_limit("judging", 0.05, tmp_path / "stacks.txt"):
        pass
    time.sleep(0.1)
    after_s = signal.getitimer(signal.ITIMER_REAL)[0]
    assert bool(before_s) == bool(after_s)  # that of the test itself
    assert after_s <= before_s
    assert not (tmp_path / "stacks.txt").exists()


def test_other_threads_are_not_bounded(tmp_path: Path) -> None:
    done = []

    def work() -> None:
        with time_limit("judging", 0.01, tmp_path / "stacks.txt"):
            time.sleep(0.05)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert done == [True]
