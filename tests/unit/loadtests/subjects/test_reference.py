"""The reference service's processes, and how its declaration agrees with the service itself."""

from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.limits import LEASE_S
from stockstorm.loadtests.processes.part import ChildPart
from stockstorm.loadtests.subjects import reference
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.revival import EXITED
from stockstorm.reference_service import limits
from stockstorm.simulator.history.facts import FaultEnded, FaultStarted, ProcessEnded


class Child:
    """Stands for a process; never started."""

    started = 0
    exit_code: int | None = None

    def __init__(self, *_: Any, **__: Any) -> None:
        Child.started += 1
        self.pid = Child.started

    def forget(self) -> None: ...

    def last_lines(self, _: int = 0) -> tuple[str, ...]:
        return ("its last words",)


def test_a_process_that_ended_by_itself_is_recorded_with_code_and_log_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "Child", Child)
    subject = reference.ReferenceSubject(tmp_path, ARCHITECTURES["queue-postgres"])
    answers: list[bool] = []
    part = ChildPart(lambda: subject._child("worker"), lambda: answers.pop(0))
    subject._parts["worker"] = part
    first = part.child.pid
    assert subject.revive(7, lambda _: True) == []
    part.child.exit_code = -11  # type: ignore[misc]  # the double's is a plain attribute
    assert subject.revive(7, lambda _: True) == []
    answers += [False, False, True]
    ended = ProcessEnded(7, "worker", first, -11, ("its last words",))
    assert subject.revive(7, lambda _: False) == [ended, FaultStarted(7, EXITED, "worker")]
    second = part.child.pid
    assert second != first
    part.child.exit_code = 1  # type: ignore[misc]  # as above
    again = ProcessEnded(8, "worker", second, 1, ("its last words",))
    assert subject.revive(8, lambda _: False) == [again], "the interval is open already"
    (over,) = subject.revive(9, lambda _: False)
    assert (type(over), subject.revive(10, lambda _: False)) == (FaultEnded, [])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_faults_can_hit_what_an_architecture_says(name: str, tmp_path: Path) -> None:
    """The webhook architecture has one process, which is both."""
    subject = reference.ReferenceSubject(tmp_path, ARCHITECTURES[name])
    for process in ARCHITECTURES[name].processes:
        subject._parts[process] = ChildPart(Child, lambda: True)  # type: ignore[arg-type]  # a double
    parts = subject.parts()
    own = {target for target in ARCHITECTURES[name].targets if target in ("receiver", "worker", "subject")}
    assert set(parts) == own
    assert (parts.get("receiver") is parts.get("worker")) == (name == "webhook")


def test_quiesce_outlasts_the_leases_of_the_service() -> None:
    assert limits.LEASE_S < LEASE_S
    assert reference.ReferenceSubject(Path(), ARCHITECTURES["queue-sqs"]).lease_s == LEASE_S
    assert reference.ReferenceSubject(Path(), ARCHITECTURES["queue-postgres"]).lease_s == 0.0
