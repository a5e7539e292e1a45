"""A fault ends when its target is ready again, also when faults of one target overlap."""

from pathlib import Path

import pytest

from stockstorm.loadtests.limits import FAULT_POLL_S, READY_WITHIN_S
from stockstorm.loadtests.orchestrator.faults import Parts, PlannedFaults
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import FaultKind, FaultTarget
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.history.facts import AnyFact, FaultEnded, FaultStarted


class Target:
    """A part that is ready `starts_s` after its start."""

    log = Path("target.log")

    def __init__(self, run: "Run", starts_s: float) -> None:
        self._run, self._starts_s = run, starts_s
        self.did: list[str] = []
        self._up, self._paused, self._ready_at_s = True, False, 0.0

    def kill(self) -> None:
        self.did.append("kill")
        self._up = self._paused = False

    def stop(self) -> None:
        self.did.append("stop")
        self._up = self._paused = False

    def pause(self) -> None:
        self.did.append("pause")
        self._paused = self._up

    def resume(self) -> None:
        self.did.append("resume")
        self._paused = False

    def start(self) -> None:
        if not self._up:
            self.did.append("start")
            self._up, self._ready_at_s = True, self._run.now_s + self._starts_s

    def ready(self) -> bool:
        return self._up and not self._paused and self._run.now_s >= self._ready_at_s


class Run:
    """Faults on a clock of their own. `at` lets the time pass in steps of a poll."""

    def __init__(self, starts_s: float = 0.5) -> None:
        self.now_s = 0.0
        self.facts: list[AnyFact] = []
        self.over: list[FaultKind] = []
        self.target = Target(self, starts_s)
        self.faults = PlannedFaults(self.facts.append, self.over.append, lambda: round(self.now_s * SECOND_NS))
        self.faults.have({"worker": self.target, "subject": self.target, "database": self.target}, [])

    def begin(self, kind: FaultKind, seconds: float) -> None:
        self.faults.begin(kind, round(seconds * SECOND_NS))

    def until(self, at_s: float) -> None:
        while self.now_s < at_s:
            self.now_s = round(self.now_s + FAULT_POLL_S, 6)
            self.faults.tick()

    @property
    def intervals(self) -> list[tuple[str, float, float]]:
        begun = [fact for fact in self.facts if isinstance(fact, FaultStarted)]
        ended = [fact for fact in self.facts if isinstance(fact, FaultEnded)]
        pairs = zip(begun, ended, strict=False)
        return [(b.fault, b.at_ns / SECOND_NS, round(e.at_ns / SECOND_NS, 2)) for b, e in pairs]


def test_a_fault_ends_when_the_target_is_ready_and_not_when_its_start_begins() -> None:
    run = Run(starts_s=0.5)
    run.begin("kill_worker", 1.0)
    run.until(1.2)
    assert run.target.did == ["kill", "start"]
    assert (run.over, run.faults.is_open("worker"), run.faults.is_down("worker")) == ([], True, False)
    run.until(2.0)
    assert run.intervals == [("kill_worker", 0.0, 1.5)]
    assert (run.over, run.faults.is_open("worker")) == (["kill_worker"], False)


def test_a_start_at_once() -> None:
    run = Run(starts_s=0.5)
    run.begin("kill_worker", 0.0)
    run.faults.tick()
    assert run.target.did == ["kill", "start"]
    run.until(1.0)
    assert run.intervals == [("kill_worker", 0.0, 0.5)]


def test_a_pause_lasts_as_long_as_planned() -> None:
    run = Run()
    run.begin("pause_worker", 2.0)
    run.until(1.9)
    assert (run.target.did, run.faults.is_down("worker")) == (["pause"], False)
    run.until(2.5)
    assert run.target.did == ["pause", "resume"]
    assert run.intervals == [("pause_worker", 0.0, 2.0)]


def test_a_clean_restart() -> None:
    run = Run(starts_s=0.2)
    run.begin("restart_database", 0.0)
    run.until(1.0)
    assert run.target.did == ["stop", "start"]
    assert run.faults.crashed == set()


def test_a_target_that_is_killed_while_it_starts_is_killed_again_and_both_faults_end_when_it_is_ready() -> None:
    run = Run(starts_s=1.0)
    run.begin("kill_worker", 0.5)
    run.until(1.0)  # started at 0.5, not ready before 1.5
    run.begin("kill_worker", 0.5)
    run.until(3.0)
    assert run.target.did == ["kill", "start", "kill", "start"]
    assert run.intervals == [("kill_worker", 0.0, 2.5), ("kill_worker", 1.0, 2.5)]
    assert run.over == ["kill_worker", "kill_worker"]


def test_a_target_stays_down_until_the_last_of_its_kills_is_over() -> None:
    run = Run(starts_s=0.1)
    run.begin("kill_worker", 2.0)
    run.until(0.5)
    run.begin("kill_worker", 0.5)
    run.until(1.5)
    assert run.target.did == ["kill", "kill"]
    run.until(3.0)
    assert run.target.did == ["kill", "kill", "start"]


def test_a_kill_hits_what_is_paused() -> None:
    run = Run(starts_s=0.1)
    run.begin("pause_worker", 2.0)
    run.until(0.5)
    run.begin("kill_worker", 0.5)
    run.until(3.0)
    assert run.target.did == ["pause", "kill", "start", "resume"]
    assert {end for _, _, end in run.intervals} == {2.0}


def test_what_is_not_ready_in_time_ends_the_run_with_its_log_named() -> None:
    run = Run(starts_s=READY_WITHIN_S + 10)
    run.begin("kill_worker", 0.0)
    with pytest.raises(SubjectError, match=r"read target\.log"):
        run.until(READY_WITHIN_S + 1)


def test_a_fault_that_fails_is_not_in_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()

    def fail() -> None:
        raise SubjectError("worker", "it cannot be killed", "nothing")

    monkeypatch.setattr(run.target, "kill", fail)
    with pytest.raises(SubjectError):
        run.begin("kill_worker", 1.0)
    assert run.facts == []


def test_a_fault_whose_target_the_run_lacks_is_an_error_before_the_load() -> None:
    with pytest.raises(SubjectError) as caught:
        Run().faults.have({"worker": Target(Run(), 0)}, ["pause_worker", "kill_database"])
    assert "this run has no database" in str(caught.value)
    assert "it can hit: worker" in str(caught.value)


def test_a_poll_is_due_when_a_fault_ends_and_often_until_the_target_is_ready() -> None:
    run = Run(starts_s=5.0)
    assert run.faults.poll_s(0.2) == 0.2
    run.begin("kill_worker", 0.1)
    assert run.faults.poll_s(0.2) == pytest.approx(0.1)
    run.until(0.2)
    assert run.faults.poll_s(0.2) == FAULT_POLL_S


def test_every_fault_is_shown_although_it_is_over_before_the_next_look() -> None:
    run = Run(starts_s=0.0)
    run.begin("kill_worker", 0.0)
    run.until(0.5)
    assert run.faults.shown() == ("kill_worker",)
    assert run.faults.shown() == ()


def test_a_kill_of_the_whole_subject_explains_the_end_of_each_of_its_processes() -> None:
    run = Run()
    run.begin("kill_subject", 0.5)
    explained: tuple[FaultTarget, ...] = ("receiver", "worker", "subject")
    assert [run.faults.is_open(target) for target in (*explained, "database")] == [True, True, True, False]
    assert [run.faults.is_down(target) for target in (*explained, "database")] == [True, True, True, False]
    run.until(2.0)
    assert (run.intervals, run.faults.is_open("worker")) == ([("kill_subject", 0.0, 1.0)], False)


def test_a_worker_stays_down_while_the_whole_subject_is() -> None:
    run = Run(starts_s=0.1)
    run.begin("kill_worker", 0.5)
    run.until(0.2)
    run.begin("kill_subject", 2.0)
    run.until(2.0)
    assert run.target.did == ["kill", "kill"]
    run.until(3.0)
    assert run.over == ["kill_worker", "kill_subject"]


def test_a_fault_on_evidence_records_the_evidence() -> None:
    run = Run()
    run.faults.begin("kill_worker", 0, "executed", request=7)
    run.faults.begin("kill_worker", 0, "acknowledged", delivery=9)
    begun = [(fact.on, fact.request, fact.delivery) for fact in run.facts if isinstance(fact, FaultStarted)]
    assert begun == [("executed", 7, -1), ("acknowledged", -1, 9)]


def one_process() -> Run:
    """A subject whose only process receives and works."""
    run = Run(starts_s=0.1)
    parts: Parts = {"receiver": run.target, "worker": run.target, "subject": run.target}
    run.faults.have(parts, ["kill_worker", "kill_subject"])
    return run


@pytest.mark.parametrize("kind", ["kill_worker", "kill_receiver", "pause_worker", "pause_receiver"])
def test_a_fault_of_a_role_hits_the_process_that_has_both_and_explains_its_end_by_any_name(kind: FaultKind) -> None:
    run = one_process()
    run.begin(kind, 1.0)
    names: tuple[FaultTarget, ...] = ("receiver", "worker", "subject")
    assert [run.faults.is_open(name) for name in names] == [True] * 3
    assert [run.faults.is_down(name) for name in names] == [kind.startswith("kill")] * 3
    assert [(fact.fault, fact.target) for fact in run.facts if isinstance(fact, FaultStarted)] == [(kind, "subject")]
    run.until(2.0)
    assert run.over == [kind]


def test_a_process_that_has_both_roles_stays_down_until_the_last_kill_of_either_is_over() -> None:
    run = one_process()
    run.begin("kill_worker", 0.5)
    run.until(0.2)
    run.begin("kill_receiver", 2.0)
    run.until(2.0)
    assert run.target.did == ["kill", "kill"]
    run.until(3.0)
    assert run.over == ["kill_worker", "kill_receiver"]


def test_the_report_notes_which_faults_hit_more_than_they_say() -> None:
    assert one_process().faults.one_process
    (note,) = one_process().faults.notes
    assert note.endswith("these faults hit all of it: kill_worker")
    apart = Run()
    apart.faults.have({"receiver": Target(apart, 0), "worker": Target(apart, 0)}, ["kill_worker"])
    only_works = Run()
    assert apart.faults.notes == only_works.faults.notes == ()
    assert [run.faults.one_process for run in (apart, only_works)] == [False, False]
