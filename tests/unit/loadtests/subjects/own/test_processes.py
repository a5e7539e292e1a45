"""A process of a user's service is ended, stopped, paused and measured with everything that it started."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from stockstorm.loadtests.processes.registry import PROCESSES
from stockstorm.loadtests.subjects.own.processes import Tree, TreePart

SLEEP = "import time; time.sleep(60)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"
WITHIN_S = 20


def tree(folder: Path, program: str, patience_s: float = 0.2) -> Tree:
    return Tree("service", [sys.executable, "-c", program], dict(os.environ), folder / "log", folder, patience_s)


def awaited(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Tree]:
    found = tree(tmp_path, PARENT)
    awaited(lambda: len(found.pids) == 2)
    yield found
    found.kill()


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("end", [Tree.kill, Tree.stop])
def test_what_a_process_started_ends_with_it(family: Tree, end: Callable[[Tree], None]) -> None:
    members = family.pids
    end(family)
    assert family.exit_code is not None
    assert not any(map(alive, members))


def test_a_killed_process_leaves_no_child_that_holds_its_port(family: Tree) -> None:
    child = family.pids[1]
    os.kill(family.pid, signal.SIGKILL)
    awaited(lambda: family.exit_code is not None)
    assert alive(child)
    family.kill()
    assert not alive(child)


def test_a_process_that_ended_is_started_again_without_what_it_left(tmp_path: Path) -> None:
    part = TreePart(lambda: tree(tmp_path, PARENT), lambda: True)
    first = part.child
    awaited(lambda: len(first.pids) == 2)
    child = first.pids[1]
    os.kill(first.pid, signal.SIGKILL)
    awaited(lambda: first.exit_code is not None)
    part.start()
    assert not alive(child)
    assert part.child.pid != first.pid
    part.kill()


def test_a_process_that_ignores_a_signal_is_killed_after_its_time(tmp_path: Path) -> None:
    deaf = tree(tmp_path, DEAF)
    awaited(lambda: "deaf" in (tmp_path / "log").read_text())
    deaf.stop()
    assert deaf.exit_code == -signal.SIGKILL


def test_a_pause_reaches_all_of_them(family: Tree) -> None:
    part = TreePart(lambda: family, lambda: True)
    part.pause()
    awaited(lambda: all(psutil.Process(pid).status() == psutil.STATUS_STOPPED for pid in family.pids))
    part.resume()
    awaited(lambda: all(psutil.Process(pid).status() != psutil.STATUS_STOPPED for pid in family.pids))
    assert family.exit_code is None


def test_they_are_measured_as_one_and_their_end_is_the_subjects(family: Tree) -> None:
    assert sorted(PROCESSES.running()["service"]) == sorted(family.pids)
    os.kill(family.pid, signal.SIGKILL)
    awaited(lambda: family.exit_code is not None)
    assert family in PROCESSES.deaths("subject")
