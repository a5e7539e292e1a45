"""The registry knows every started process, and tells a planned end from one that nobody wanted."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stockstorm.loadtests.processes import child as module
from stockstorm.loadtests.processes.child import LINE_MAX, TAIL_LINES, Child
from stockstorm.loadtests.processes.registry import Registry
from stockstorm.reports.result import exit_text

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
FAILS = [sys.executable, "-c", "import sys; [print('line', n) for n in range(50)]; print('x' * 5_000); sys.exit(3)"]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    registry = Registry()
    monkeypatch.setattr(module, "PROCESSES", registry)
    yield registry
    for process in registry:
        assert isinstance(process, Child)
        process.kill()


def start(command: list[str], folder: Path, name: str = "sleeper") -> Child:
    return Child(name, command, dict(os.environ), folder / "log", group="sleepers", owner="subject")


def test_a_started_process_is_listed_with_name_id_log_and_command(processes: Registry, tmp_path: Path) -> None:
    first, second = start(SLEEPS, tmp_path, "one"), start(SLEEPS, tmp_path, "two")
    assert [(process.name, process.pid, process.log, process.command) for process in processes] == [
        ("one", first.pid, tmp_path / "log", tuple(SLEEPS)),
        ("two", second.pid, tmp_path / "log", tuple(SLEEPS)),
    ]
    assert processes.running() == {"sleepers": [first.pid, second.pid]}
    assert processes.deaths("subject") == []


def test_a_process_that_is_stopped_or_killed_by_us_is_no_death(processes: Registry, tmp_path: Path) -> None:
    start(SLEEPS, tmp_path).stop()
    start(SLEEPS, tmp_path).kill()
    assert list(processes) == []


def test_a_process_that_ends_by_itself_is_a_death_of_its_owner(processes: Registry, tmp_path: Path) -> None:
    child = start(FAILS, tmp_path)
    child._process.wait(20)
    assert processes.deaths("subject") == [child]
    assert processes.deaths("harness") == []
    assert processes.running() == {}
    assert child.exit_code == 3
    assert len(child.last_lines()) == TAIL_LINES
    assert child.last_lines()[-2:] == ("line 49", "x" * LINE_MAX)
    child.forget()
    assert processes.deaths("subject") == []


@pytest.mark.parametrize(
    ("code", "text"),
    [(0, "with exit code 0"), (3, "with exit code 3"), (-9, "by signal 9 (SIGKILL)"), (-250, "by signal 250")],
)
def test_an_exit_code_in_words(code: int, text: str) -> None:
    assert exit_text(code) == text
