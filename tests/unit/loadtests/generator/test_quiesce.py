"""Rest: nothing pending and nothing moved for long enough."""

import time

from stockstorm.loadtests.generator.quiesce import SETTLES_MAX, Quiet, wait_for_quiet
from stockstorm.scenarios.loader import load
from stockstorm.simulator.clock import SECOND_NS

S = SECOND_NS
QUIET = Quiet(quiet_ns=2 * S, max_ns=15 * S)


def test_it_is_quiet_once_nothing_moved_for_the_whole_time() -> None:
    assert not QUIET.reached(0, 2 * S, last_effect_ns=1 * S, pending=0)
    assert QUIET.reached(0, 3 * S, last_effect_ns=1 * S, pending=0)


def test_a_pending_attempt_is_no_rest() -> None:
    assert not QUIET.reached(0, 9 * S, last_effect_ns=0, pending=1)


def test_rest_counts_from_the_end_of_the_load_at_the_earliest() -> None:
    assert not QUIET.reached(10 * S, 11 * S, last_effect_ns=1 * S, pending=0)


def test_a_subject_that_looks_now_and_then_gets_time_for_its_next_look() -> None:
    smoke = load("smoke")
    told, looking = Quiet.of(smoke, 0.0), Quiet.of(smoke, 20.0)
    assert told.quiet_ns == int(smoke.quiesce.quiet_s * S)
    assert looking.quiet_ns == 20 * S
    assert looking.max_ns - told.max_ns == SETTLES_MAX * 20 * S


def test_rest_does_not_begin_before_every_fault_is_mended() -> None:
    down = [2, 1, 1, 0]
    left: list[int] = []

    def state() -> tuple[int, int]:
        left.append(len(down))
        return 0, 0

    assert wait_for_quiet(Quiet(1, S), time.monotonic_ns, state, lambda: False, lambda: down.pop(0))
    assert left == [0], "nobody looked for rest while a process was down"


def test_a_run_that_breaks_off_does_not_wait_for_what_will_not_be_mended() -> None:
    assert not wait_for_quiet(QUIET, time.monotonic_ns, lambda: (0, 0), lambda: True, lambda: 1)
