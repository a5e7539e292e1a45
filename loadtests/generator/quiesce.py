"""When a run is over: nothing pending, and nothing moved for long enough; or the bound on waiting ran out."""

from collections.abc import Callable

import gevent
import msgspec

from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.clock import SECOND_NS, Clock

SETTLES_MAX = 4  # looks of a subject that is not told, beyond the scenario's own bound
POLL_S = 0.1


class Quiet(msgspec.Struct, frozen=True):
    """What counts as rest: `quiet_ns` without a stock change or push, waited for at most `max_ns`."""

    quiet_ns: int
    max_ns: int

    @classmethod
    def of(cls, scenario: Scenario, settle_s: float) -> "Quiet":
        """As the scenario says; longer for a subject that looks only every `settle_s` / 2."""
        quiet_s = max(scenario.quiesce.quiet_s, settle_s)
        return cls(int(quiet_s * SECOND_NS), int((scenario.quiesce.max_s + SETTLES_MAX * settle_s) * SECOND_NS))

    def reached(self, begun_ns: int, now_ns: int, last_effect_ns: int, pending: int) -> bool:
        """Whether it is quiet now; rest counts from the end of the load at the earliest."""
        return pending == 0 and now_ns - max(last_effect_ns, begun_ns) >= self.quiet_ns


def wait_for_quiet(
    quiet: Quiet,
    clock: Clock,
    state: Callable[[], tuple[int, int]],
    broken: Callable[[], bool],
    unmended: Callable[[], int] = lambda: 0,
) -> bool:
    """Waits in the calling greenlet. `state` gives (last effect, pending); `broken` ends the wait. True: quiet.

    It begins when no fault is `unmended`: what a dead process leaves undone looks like rest.
    """
    while unmended() and not broken():
        gevent.sleep(POLL_S)
    begun_ns = clock()
    while not broken() and clock() - begun_ns < quiet.max_ns:
        gevent.sleep(POLL_S)
        last_effect_ns, pending = state()
        if quiet.reached(begun_ns, clock(), last_effect_ns, pending):
            return True
    return False
