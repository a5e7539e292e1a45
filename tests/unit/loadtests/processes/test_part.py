"""A child process as a part that faults can hit: killed, stopped, paused, and started again."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from stockstorm.loadtests.processes.child import Child
from stockstorm.loadtests.processes.part import ChildPart, Together

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def part(tmp_path: Path) -> Iterator[ChildPart]:
    made = ChildPart(lambda: Child("sleeper", SLEEPER, os.environ, tmp_path / "log"), lambda: True)
    yield made
    made.kill()


def wait_until_it_stops(part: ChildPart) -> None:
    """A signal takes effect soon after it was sent."""
    while psutil.Process(part.child.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.01)


def runs(part: ChildPart) -> bool:
    return psutil.Process(part.child.pid).status() != psutil.STATUS_STOPPED


def test_a_running_process_is_not_started_a_second_time(part: ChildPart) -> None:
    first = part.child.pid
    part.start()
    assert part.child.pid == first
    part.kill()
    assert not part.ready()
    assert part.child.exit_code == -signal.SIGKILL
    part.start()
    assert part.ready()
    assert part.child.pid != first


@pytest.mark.parametrize("end", [ChildPart.kill, ChildPart.stop])
def test_a_paused_process_runs_no_more_and_can_be_ended(part: ChildPart, end: Callable[[ChildPart], None]) -> None:
    part.pause()
    wait_until_it_stops(part)
    part.resume()
    assert runs(part)
    part.pause()
    end(part)
    assert part.child.exit_code == (-signal.SIGKILL if end is ChildPart.kill else -signal.SIGTERM)


def test_a_signal_to_a_process_that_has_ended_does_nothing(part: ChildPart) -> None:
    part.kill()
    part.pause()
    part.resume()
    part.kill()
    assert part.child.exit_code == -signal.SIGKILL


def test_parts_together_are_hit_at_once_and_are_ready_when_all_are(part: ChildPart, tmp_path: Path) -> None:
    other = ChildPart(lambda: Child("other", SLEEPER, os.environ, tmp_path / "other"), lambda: True)
    both = Together(part, other)
    both.pause()
    for one in (part, other):
        wait_until_it_stops(one)
    both.resume()
    assert both.ready()
    other.kill()
    assert not both.ready()
    both.start()
    assert both.ready()
    both.kill()
    assert (part.ready(), other.ready()) == (False, False)
