"""Quiesce: nothing pending, no open fault, and no change for long enough."""

from stockstorm.loadtests.generator.quiesce import Activity, Quiet, wait_for_quiet
from stockstorm.loadtests.limits import SETTLES_MAX
from stockstorm.scenarios.loader import load
from stockstorm.simulator.clock import SECOND_NS as S

QUIET = Quiet(quiet_ns=2 * S, max_ns=15 * S)
IDLE = Activity(last_effect_ns=0, pending=0)


class Waiting:
    """A wait on a clock that only its pauses move."""

    def __init__(self) -> None:
        self.now_ns = 0

    def clock(self) -> int:
        return self.now_ns

    def pause(self, seconds: float) -> None:
        self.now_ns += int(seconds * S)


def test_it_is_quiet_after_the_whole_time_without_a_change() -> None:
    assert not QUIET.reached(0, 2 * S, Activity(last_effect_ns=1 * S, pending=0))
    assert QUIET.reached(0, 3 * S, Activity(last_effect_ns=1 * S, pending=0))


def test_it_is_not_quiet_while_an_attempt_is_pending() -> None:
    assert not QUIET.reached(0, 9 * S, Activity(last_effect_ns=0, pending=1))


def test_quiet_counts_from_the_end_of_the_load_at_the_earliest() -> None:
    assert not QUIET.reached(10 * S, 11 * S, Activity(last_effect_ns=1 * S, pending=0))


def test_a_polling_subject_gets_time_for_its_next_poll() -> None:
    smoke = load("smoke")
    pushed, polling = Quiet.of(smoke, 0.0), Quiet.of(smoke, 20.0)
    assert pushed.quiet_ns == int(smoke.quiesce.quiet_s * S)
    assert polling.quiet_ns == 20 * S
    assert polling.max_ns - pushed.max_ns == SETTLES_MAX * 20 * S


def test_the_wait_ends_when_it_is_quiet() -> None:
    time = Waiting()
    assert wait_for_quiet(QUIET, time.clock, lambda: IDLE, lambda: False, pause=time.pause)
    assert time.now_ns == QUIET.quiet_ns


def test_the_wait_ends_at_its_limit_when_it_is_never_quiet() -> None:
    time = Waiting()
    busy = Activity(last_effect_ns=0, pending=1)
    assert not wait_for_quiet(QUIET, time.clock, lambda: busy, lambda: False, pause=time.pause)
    assert time.now_ns == QUIET.max_ns


def test_quiet_does_not_begin_while_a_fault_is_open() -> None:
    time = Waiting()
    open_faults = [2, 1, 1, 0]
    left: list[int] = []

    def activity() -> Activity:
        left.append(len(open_faults))
        return IDLE

    quiet = Quiet(1, S)
    assert wait_for_quiet(quiet, time.clock, activity, lambda: False, lambda: open_faults.pop(0), time.pause)
    assert left == [0], "activity was read while a process was down"


def test_an_aborted_run_does_not_wait_for_open_faults() -> None:
    time = Waiting()
    assert not wait_for_quiet(QUIET, time.clock, lambda: IDLE, lambda: True, lambda: 1, time.pause)
    assert time.now_ns == 0
