"""Rest: the rule, on a clock that only its pauses move, with services whose pending work is known."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockstorm.loadtests.generator.quiesce import (
    CONFIRM_NS,
    Activity,
    EffectGaps,
    Evidence,
    KindsOfEffects,
    PendingReads,
    Quiet,
    wait_for_rest,
)
from stockstorm.loadtests.ipc.messages import PendingCounted
from stockstorm.loadtests.limits import POLL_S, SETTLES_MAX
from stockstorm.scenarios.loader import load
from stockstorm.simulator.clock import SECOND_NS as S
from stockstorm.simulator.history.facts import QuietReached

QUIET = Quiet(quiet_ns=2 * S, max_ns=15 * S)
BEGUN = 100 * S
STEP_NS = int(POLL_S * S)
NO_PROBE = PendingCounted(0, 0)


class Service(msgspec.Struct):
    """A service in virtual time. Times are seconds from the begin of the wait.

    It has an effect at each of `effects_s`; until its last one something is pending. While it is `stopped_s`, it has no
    effect and does not answer. What was due then happens when it continues.
    """

    effects_s: tuple[float, ...] = ()
    stopped_s: tuple[float, float] = (0.0, 0.0)
    answer: Callable[[int], PendingCounted] | None = None  # what its probe says of so many pending; None: no probe
    answers_while_stopped: bool = True  # another of its processes answers
    attempts_until_s: float = 0.0
    now_ns: int = BEGUN
    reads: PendingReads = msgspec.field(default_factory=PendingReads)
    faults: list[int] = msgspec.field(default_factory=list)
    read_at_ns: int = 0

    def clock(self) -> int:
        return self.now_ns

    @property
    def _moments_ns(self) -> list[int]:
        first, last = self.stopped_s
        moved = [last if first <= at < last else at for at in self.effects_s]
        return [BEGUN + int(at * S) for at in moved]

    @property
    def pending(self) -> int:
        return sum(at > self.now_ns for at in self._moments_ns)

    def activity(self) -> Activity:
        done = [at for at in self._moments_ns if at <= self.now_ns]
        attempts = int(self.now_ns < BEGUN + self.attempts_until_s * S)
        gaps = EffectGaps()
        for at in (BEGUN - S, *done):
            gaps.effect(at)
        return Activity(max(done, default=0), attempts, gaps.longest_ns)

    def pause(self, seconds: float) -> None:
        self.now_ns += int(seconds * S)
        if self.now_ns - self.read_at_ns >= CONFIRM_NS:
            self.read_at_ns = self.now_ns
            self.reads.arrived(self._read())

    def _read(self) -> PendingCounted:
        first, last = self.stopped_s
        stopped = BEGUN + first * S <= self.now_ns < BEGUN + last * S
        if stopped and not self.answers_while_stopped:
            read = PendingCounted(0, 0, silent=("worker",))
        else:
            read = NO_PROBE if self.answer is None else self.answer(self.pending)
        return msgspec.structs.replace(read, began_ns=self.now_ns, ended_ns=self.now_ns)

    def wait(self, quiet: Quiet = QUIET) -> QuietReached:
        open_faults = self.faults.pop if self.faults else (lambda: 0)
        return wait_for_rest(quiet, self.clock, self.activity, self.reads, lambda: False, open_faults, pause=self.pause)


def probe(pending: int) -> PendingCounted:
    return PendingCounted(0, 0, probe=pending)


def queue(pending: int) -> PendingCounted:
    return PendingCounted(0, 0, probe=0, queue=pending)


def waited_s(found: QuietReached) -> float:
    return found.waited_ns / S


# -- with a probe ------------------------------------------------------------------------------------------------------


def test_nothing_pending_in_two_reads_is_rest_after_the_quiet_time() -> None:
    found = Service(answer=probe).wait()
    assert (found.quiet, found.by, found.probe) == (True, "probe", 0)
    assert found.apart_ns >= CONFIRM_NS
    assert QUIET.quiet_ns <= found.waited_ns <= QUIET.quiet_ns + 2 * CONFIRM_NS


def test_a_stopped_worker_is_waited_for_although_it_is_silent() -> None:
    service = Service(effects_s=(9.0, 9.1), stopped_s=(0.0, 9.0), answer=probe)
    found = service.wait()
    assert (found.by, service.pending) == ("probe", 0)
    assert waited_s(found) >= 9.1 + 2.0


def test_a_worker_that_does_not_answer_is_not_at_rest() -> None:
    """Nothing else shows its work: its queue cannot be seen, and its probe is in the process that is stopped."""
    lying = Service(effects_s=(9.0,), stopped_s=(0.0, 9.0), answer=lambda _: probe(0), answers_while_stopped=False)
    found = lying.wait()
    assert (found.by, lying.pending) == ("probe", 0)
    for_ever = Service(effects_s=(90.0,), stopped_s=(0.0, 90.0), answer=probe, answers_while_stopped=False).wait()
    assert (found.quiet, for_ever.quiet, for_ever.silent) == (True, False, ("worker",))


def test_after_a_process_did_not_answer_the_quiet_time_is_at_least_the_lease_of_its_messages() -> None:
    quiet = Quiet(2 * S, 40 * S, lease_ns=12 * S)
    stopped = Service(stopped_s=(0.0, 3.0), answer=probe, answers_while_stopped=False)
    assert waited_s(stopped.wait(quiet)) >= 2.5 + 12.0
    assert waited_s(Service(answer=probe).wait(quiet)) < 4.0


def test_messages_in_the_queue_are_pending() -> None:
    service = Service(effects_s=(8.0,), answer=queue)
    found = service.wait()
    assert (found.by, service.pending, found.queue) == ("probe_and_queue", 0, 0)
    stuck = Service(answer=lambda _: queue(3)).wait()
    assert (stuck.quiet, stuck.queue) == (False, 3)


def test_a_probe_that_is_stuck_prevents_rest_and_is_recorded() -> None:
    found = Service(answer=lambda _: probe(5)).wait()
    assert (found.quiet, found.by, found.probe) == (False, "", 5)
    assert QUIET.max_ns <= found.waited_ns <= QUIET.max_ns + STEP_NS


def test_a_probe_that_always_says_nothing_is_not_believed_while_effects_come() -> None:
    service = Service(effects_s=tuple(0.4 * n for n in range(30)), answer=lambda _: probe(0))
    found = service.wait()
    assert (found.by, service.pending) == ("probe", 0)
    assert waited_s(found) == pytest.approx(0.4 * 29 + 2.0, abs=0.7)


def test_an_effect_between_the_two_reads_makes_them_worthless() -> None:
    evidence = Evidence(0)
    evidence.add(PendingCounted(1 * S, 1 * S, probe=0), last_effect_ns=0)
    evidence.add(PendingCounted(3 * S, 3 * S, probe=0), last_effect_ns=0)
    assert evidence.apart_ns(Activity(0, 0)) == 2 * S
    assert evidence.apart_ns(Activity(2 * S, 0)) == -1
    evidence.add(PendingCounted(4 * S, 4 * S, probe=0), last_effect_ns=2 * S)
    evidence.add(PendingCounted(5 * S, 5 * S, probe=0), last_effect_ns=2 * S)
    assert evidence.apart_ns(Activity(2 * S, 0)) == 1 * S


def test_reads_from_before_the_wait_do_not_count() -> None:
    evidence = Evidence(10 * S)
    evidence.add(PendingCounted(9 * S, 11 * S, probe=0), last_effect_ns=0)
    assert evidence.last is None


def test_without_any_read_there_is_no_rest() -> None:
    service = Service()
    found = wait_for_rest(QUIET, service.clock, service.activity, PendingReads(), lambda: False, pause=service.pause)
    assert (found.quiet, found.probe) == (False, None)


# -- a subject that stands still ---------------------------------------------------------------------------------------

WATCHED = Quiet(quiet_ns=2 * S, max_ns=15 * S, still_ns=45 * S)


def proves(found: QuietReached) -> bool:
    return bool(found.still_min_ns) and found.still_ns >= found.still_min_ns


@pytest.mark.parametrize("seen", [lambda _: probe(5), lambda _: queue(3)])
def test_pending_work_that_never_changes_is_watched_until_that_is_told(seen: Callable[[int], PendingCounted]) -> None:
    found = Service(effects_s=(0.5, 1.0), answer=seen).wait(WATCHED)
    assert (found.quiet, proves(found)) == (False, True)
    assert found.still_min_ns <= found.still_ns <= found.still_min_ns + 2 * STEP_NS
    assert found.still_min_ns == 45 * S
    assert waited_s(found) == pytest.approx(1.0 + 45.0, abs=1.0)


def test_a_subject_that_goes_on_after_a_long_pause_does_not_stand_still() -> None:
    """What it waits for, such as a message that comes back when its lease ends, comes after 30 s."""
    found = Service(effects_s=(0.5, 30.0), answer=lambda pending: probe(pending + 1)).wait(WATCHED)
    assert not proves(found)
    assert waited_s(found) == pytest.approx(30.0, abs=0.2)


def test_a_subject_with_long_gaps_must_stand_still_for_longer() -> None:
    found = Service(effects_s=(0.5, 12.5), answer=lambda _: probe(5)).wait(WATCHED)
    assert (proves(found), found.still_min_ns) == (True, 60 * S)
    slow = Service(effects_s=(0.5, 50.5), answer=lambda _: probe(5)).wait(Quiet(2 * S, 52 * S, still_ns=45 * S))
    assert (proves(slow), slow.still_min_ns) == (False, 0)


def test_calls_that_are_repeated_are_no_standstill() -> None:
    service = Service(effects_s=(0.5,), answer=lambda _: probe(5))
    quiet, plain = WATCHED, service.activity

    def trying() -> Activity:
        return msgspec.structs.replace(plain(), last_write_ns=service.now_ns - S)

    found = wait_for_rest(quiet, service.clock, trying, service.reads, lambda: False, pause=service.pause)
    assert not proves(found)
    assert waited_s(found) == pytest.approx(15.0, abs=0.2)


def test_a_subject_that_writes_orders_seldom_must_stand_still_for_longer() -> None:
    """It pushes at once, and writes every 11 s, or once an hour."""
    service = Service(effects_s=(0.5,), answer=lambda _: probe(5))
    for gap_ns, wanted_ns in ((11 * S, 55 * S), (60 * S, 0), (None, 0)):
        activity = msgspec.structs.replace(service.activity(), longest_gap_ns=S, write_gap_ns=gap_ns)
        assert WATCHED.still_min_ns(activity) == wanted_ns


def test_the_gap_of_a_subject_that_never_had_an_effect_is_not_known() -> None:
    gaps = EffectGaps()
    found = [gaps.known_ns]  # nothing was to be done
    gaps.moved(S)
    found.append(gaps.known_ns)
    gaps.effect(3 * S)
    gaps.moved(4 * S)
    assert [*found, gaps.known_ns] == [0, None, 2 * S]


def test_a_process_that_does_not_answer_does_not_stand_still() -> None:
    found = Service((0.5,), (1.0, 900.0), answer=lambda _: probe(5), answers_while_stopped=False).wait(WATCHED)
    assert (proves(found), found.silent) == (False, ("worker",))


def test_a_subject_that_did_nothing_in_the_whole_run_is_not_told_to_stand_still() -> None:
    nothing = Activity(0, 0)
    service = Service(answer=lambda _: probe(5))
    found = wait_for_rest(WATCHED, service.clock, lambda: nothing, service.reads, lambda: False, pause=service.pause)
    assert not proves(found)
    assert waited_s(found) == pytest.approx(15.0, abs=0.2)


# -- without a probe ---------------------------------------------------------------------------------------------------


def test_without_a_probe_the_quiet_time_is_enough_for_a_service_with_short_gaps() -> None:
    found = Service().wait()
    assert (found.by, found.probe) == ("silence", None)
    assert waited_s(found) == pytest.approx(2.0, abs=0.6)


def test_without_a_probe_silence_must_be_longer_than_the_longest_gap() -> None:
    service = Service(effects_s=(0.5, 1.5, 4.6))
    found = service.wait(Quiet(int(3.2 * S), 60 * S))
    assert (found.by, service.pending, found.longest_gap_ns) == ("silence", 0, int(3.1 * S))
    hurried = Service(effects_s=(0.5, 1.5)).wait(Quiet(int(1.1 * S), 60 * S))
    assert hurried.silence_ns > hurried.longest_gap_ns == int(1.5 * S)


def test_each_kind_of_effect_has_its_own_gap() -> None:
    """Pushes come at once on one channel and every 20 s on the other, and rises later than all else."""
    kinds = KindsOfEffects(("bazaar", "mercado"))
    for second in range(1, 42):
        kinds.moved(second * S, "bazaar" if second % 2 else "mercado", rises=second == 30)
        kinds.pushed(second * S + 100, "bazaar", rises=second == 37)
        if second % 20 == 0:
            kinds.pushed(second * S + 100, "mercado", rises=False)
    found = (kinds.pushes["bazaar"].longest_ns, kinds.pushes["mercado"].longest_ns, kinds.rises.longest_ns)
    assert found == (100, 19 * S + 100, 7 * S + 100)
    assert (kinds.writes.known_ns, kinds.longest_ns) == (None, 19 * S + 100)


def test_pushes_that_come_without_any_work_make_no_gap() -> None:
    kinds = KindsOfEffects(("bazaar",))
    kinds.moved(S, "online")
    for second in (2, 22, 42):
        kinds.pushed(second * S, "bazaar", rises=True)
    assert kinds.longest_ns == S


def test_without_a_probe_silence_must_be_longer_than_the_gap_of_each_kind() -> None:
    evidence = Evidence(0)
    evidence.add(NO_PROBE, 0)
    activity = Activity(last_effect_ns=0, pending=0, longest_gap_ns=S, kind_gap_ns=10 * S)
    assert QUIET.reached(evidence, int(10.9 * S), activity) == ""
    assert QUIET.reached(evidence, 11 * S, activity) == "silence"


def test_the_silence_that_is_asked_for_is_at_most_the_whole_wait() -> None:
    hours = Activity(last_effect_ns=0, pending=0, longest_gap_ns=3_600 * S)
    evidence = Evidence(0)
    evidence.add(NO_PROBE, 0)
    assert QUIET.reached(evidence, 14 * S, hours) == ""
    assert QUIET.reached(evidence, 15 * S, hours) == "silence"


def test_a_gap_begins_with_work_and_not_with_idleness() -> None:
    gaps = EffectGaps()
    gaps.effect(10 * S)
    gaps.moved(60 * S)
    gaps.moved(61 * S)
    gaps.effect(62 * S)
    assert gaps.longest_ns == 2 * S, "idle until 60 s"
    gaps.effect(65 * S)
    assert gaps.longest_ns == 3 * S, "an effect without a movement shows that work was left"


# -- the rest of the wait ----------------------------------------------------------------------------------------------


def test_an_attempt_that_is_pending_prevents_rest() -> None:
    found = Service(answer=probe, attempts_until_s=9.0).wait()
    assert waited_s(found) >= 9.0
    assert (found.quiet, found.attempts) == (True, 0)
    assert Service(answer=probe, attempts_until_s=90.0).wait().attempts == 1


def test_a_polling_subject_gets_time_for_its_next_poll() -> None:
    smoke = load("smoke")
    pushed, polling = Quiet.of(smoke, 0.0), Quiet.of(smoke, 20.0)
    assert pushed.quiet_ns == int(smoke.quiesce.quiet_s * S)
    assert polling.quiet_ns == 20 * S
    assert polling.max_ns - pushed.max_ns == SETTLES_MAX * 20 * S


def test_the_wait_begins_when_no_fault_is_open() -> None:
    asked: list[int] = []
    service = Service(answer=probe, faults=[0, 1, 1, 2])
    service.reads.ask = lambda: asked.append(len(service.faults))
    assert service.wait().quiet
    assert asked == [0], "pending work was asked for while a process was down"


def test_an_aborted_run_does_not_wait_for_open_faults() -> None:
    service = Service(answer=probe)
    found = wait_for_rest(QUIET, service.clock, service.activity, service.reads, lambda: True, lambda: 1, service.pause)
    assert (found.quiet, found.waited_ns) == (False, 0)


@given(
    effects_s=st.lists(st.floats(0.0, 30.0), max_size=12).map(tuple),
    stopped=st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 20.0)),
    answers=st.booleans(),
    sees=st.sampled_from([probe, queue]),
)
def test_rest_by_probe_leaves_nothing_pending(
    effects_s: tuple[float, ...],
    stopped: tuple[float, float],
    answers: bool,
    sees: Callable[[int], PendingCounted],
) -> None:
    service = Service(
        effects_s=effects_s, stopped_s=(stopped[0], sum(stopped)), answer=sees, answers_while_stopped=answers
    )
    found = service.wait(Quiet(S, 60 * S))
    assert found.quiet == bool(found.by)
    assert found.quiet, "everything has ended within 40 s"
    assert service.pending == 0
    assert found.silence_ns >= S
