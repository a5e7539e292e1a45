"""Quiesce: the run is over when nothing is pending and nothing has changed for long enough, or when the time is up."""

from collections.abc import Callable

import gevent
import msgspec

from stockstorm.loadtests.limits import POLL_S, SETTLES_MAX
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.clock import SECOND_NS, Clock


class Activity(msgspec.Struct, frozen=True):
    """What a run is still doing at a moment."""

    last_effect_ns: int  # of the newest stock change or push; 0 before the first
    pending: int  # attempts under way or scheduled


class Quiet(msgspec.Struct, frozen=True):
    """`quiet_ns` without a stock change or push count as quiet. The wait for it lasts at most `max_ns`."""

    quiet_ns: int
    max_ns: int

    @classmethod
    def of(cls, scenario: Scenario, settle_s: float) -> "Quiet":
        """The scenario's own bounds, extended for a subject that can rest for `settle_s` although there is work."""
        quiet_s = max(scenario.quiesce.quiet_s, settle_s)
        return cls(int(quiet_s * SECOND_NS), int((scenario.quiesce.max_s + SETTLES_MAX * settle_s) * SECOND_NS))

    def reached(self, begun_ns: int, now_ns: int, activity: Activity) -> bool:
        """Whether it is quiet now. Quiet counts from the end of the load (`begun_ns`) at the earliest."""
        return activity.pending == 0 and now_ns - max(activity.last_effect_ns, begun_ns) >= self.quiet_ns


def wait_for_quiet(
    quiet: Quiet,
    clock: Clock,
    activity: Callable[[], Activity],
    aborted: Callable[[], bool],
    open_faults: Callable[[], int] = lambda: 0,
    pause: Callable[[float], None] = gevent.sleep,
) -> bool:
    """Waits in the calling greenlet until it is quiet (True), or until the time is up or the run is `aborted` (False).

    The time begins when no fault is open, because a process that does not run looks quiet.
    """
    while open_faults() and not aborted():
        pause(POLL_S)
    begun_ns = clock()
    while not aborted() and clock() - begun_ns < quiet.max_ns:
        pause(POLL_S)
        if quiet.reached(begun_ns, clock(), activity()):
            return True
    return False
