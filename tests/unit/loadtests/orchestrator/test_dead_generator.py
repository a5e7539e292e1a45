"""A subject that cannot start because the generator has died is not blamed."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stockstorm.loadtests.orchestrator.watch import dead_generator
from stockstorm.loadtests.processes.child import Child
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.reference import ReferenceSubject
from stockstorm.simulator.errors import SubjectError


@pytest.fixture
def generator(tmp_path: Path) -> Iterator[Child]:
    child = Child("generator", ["sleep", "60"], dict(os.environ), tmp_path / "log")
    yield child
    child.stop(0.0)


class Waits:
    """A process of a subject that is never ready."""

    def __init__(self, child: Child) -> None:
        self.child = child

    def ready(self) -> bool:
        return False


def test_a_subject_that_waits_for_a_dead_generator_is_told_at_once(generator: Child, tmp_path: Path) -> None:
    assert dead_generator() is None
    os.kill(generator.pid, 9)
    while generator.exit_code is None:
        time.sleep(0.01)
    worker = Child("worker", ["sleep", "60"], dict(os.environ), tmp_path / "worker.log", owner="subject")
    subject = ReferenceSubject(tmp_path, ARCHITECTURES["queue-postgres"])
    subject._parts["worker"] = Waits(worker)  # type: ignore[assignment]  # a double
    with pytest.raises(SubjectError, match="not ready when generator, which it needs, ended"):
        subject._wait_until_ready("worker")
    worker.stop(0.0)
    gone = dead_generator()
    assert gone is not None
    assert "by signal 9 (SIGKILL)" in str(gone)
