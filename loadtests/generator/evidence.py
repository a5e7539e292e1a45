"""Faults that begin on evidence of what the subject has done, and not at a time.

Three instants are hard to hit by a clock: a change of the master has been executed and its answer has not arrived; an
event has been acknowledged and not yet applied; orders of a marketplace have been read and not yet applied. The
generator sees them. From such an instant until the fault has begun, it holds every call of the subject, so that nothing
of the subject gets further. The calls that were held are dropped without execution: most come from a process that is
dead by then.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

import gevent
from gevent.event import Event as Signal

from stockstorm.loadtests.generator.load import OpenFaults
from stockstorm.loadtests.limits import FETCHED_S, HELD_MAX_S
from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.config import FaultConfig, FaultTrigger
from stockstorm.simulator.history.facts import AnyFact, OrdersShown, StockChanged
from stockstorm.simulator.model import ONLINE

# A kill costs a subject of one process all its work, until it has read again what it sells. Where worker and receiver
# are apart, one of them goes on. With the same gaps it would be killed again before it has done anything.
ONE_PROCESS_GAPS: Final = 3
TURN_NS: Final = 3 * SECOND_NS  # how long a fault waits for another one that has occurred less often
CANARIES: Final = ("order.created",)
Later = Callable[[float, Callable[[], None]], object]  # after how many seconds, and what


class _Armed:
    """One fault of the scenario, and how often it is still to occur."""

    def __init__(self, config: FaultConfig) -> None:
        self.config, self.left = config, config.count

    @property
    def owing(self) -> float:
        """The share of its occurrences that is still to come."""
        return self.left / self.config.count


class EvidenceFaults:
    """The faults of a scenario that begin on evidence. One begins when no other fault is open."""

    def __init__(
        self, faults: Sequence[FaultConfig], open_faults: OpenFaults, clock: Clock, later: Later = gevent.spawn_later
    ) -> None:
        self._armed = [_Armed(fault) for fault in faults if fault.on != "time"]
        self._open, self._clock, self._later = open_faults, clock, later
        self._start_ns = self._end_ns = self._over_ns = 0
        self._gaps = 1
        self._holding = self._fetches = False
        self._begun = Signal()

    def start(self, start_ns: int, end_ns: int, *, one_process: bool = False) -> None:
        """The load lasts from `start_ns` to `end_ns`; no fault begins outside of it.

        `one_process`: one process of the subject receives and works. It gets longer gaps between faults.
        """
        self._start_ns = self._over_ns = start_ns
        self._end_ns = end_ns
        self._gaps = ONE_PROCESS_GAPS if one_process else 1

    def begun(self) -> None:
        """The orchestrator has applied the fault that was asked for."""
        self._holding = False
        self._begun.set()

    def recovered(self) -> None:
        """A fault is over."""
        self._over_ns = self._clock()

    def hold(self) -> bool:
        """Waits while a fault begins, for a bounded time. Returns whether there was one."""
        if not self._holding:
            return False
        self._begun.wait(HELD_MAX_S)
        self._holding = False
        return True

    def executed(self, facts: Iterable[AnyFact]) -> bool:
        """Whether a fault begins on the call with these facts. If so, its answer is withheld."""
        armed = self._due("executed")
        if armed is None:
            return False
        change = next((fact for fact in facts if isinstance(fact, StockChanged)), None)
        if change is None:
            return False
        self._begin(armed, request=change.request)
        return True

    def fetched(self, facts: Iterable[AnyFact]) -> None:
        """A call with these facts was answered. If it showed orders of a marketplace, a fault may begin soon."""
        page = next((fact for fact in facts if isinstance(fact, OrdersShown) and fact.channel != ONLINE), None)
        if page is None or not self._armed:
            return
        self._fetches = True
        armed = self._due("fetched")
        if armed is not None:
            self._hold()
            self._later(FETCHED_S, partial(self._begin, armed, request=page.request))

    def acknowledged(self, delivery: int, topic: str) -> None:
        """A genuine delivery was acknowledged at its first attempt. A fault may begin on it."""
        if not self._armed:
            return
        armed = self._due("acknowledged", topic)
        if armed is not None:
            self._begin(armed, delivery=delivery)

    def _due(self, on: FaultTrigger, topic: str = "") -> _Armed | None:
        """The fault whose turn it is on this evidence."""
        now_ns = self._clock()
        if self._holding or self._open.count or not self._start_ns <= now_ns < self._end_ns:
            return None
        ready = [each for each in self._armed if self._is_ready(each, now_ns)]
        if not self._fetches:  # this subject may never read a page
            ready = [each for each in ready if each.config.on != "fetched"]
        fitting = [each for each in ready if each.config.on == on and _concerns(each.config, topic)]
        if not fitting:
            return None
        chosen = max(fitting, key=lambda each: each.owing)
        behind = max(each.owing for each in ready) > chosen.owing
        return None if behind and now_ns < self._over_ns + TURN_NS else chosen

    def _is_ready(self, armed: _Armed, now_ns: int) -> bool:
        since_ns = now_ns - round(armed.config.every_s * SECOND_NS) * self._gaps
        return bool(armed.left) and since_ns >= self._over_ns and self._reached(armed.config.at_s, now_ns)

    def _reached(self, at_s: float, now_ns: int) -> bool:
        return now_ns >= self._start_ns + round(at_s * SECOND_NS)

    def _begin(self, armed: _Armed, *, request: int = -1, delivery: int = -1) -> None:
        armed.left -= 1
        self._hold()
        config = armed.config
        duration_ns = round(config.restart_after_s * SECOND_NS)
        self._open.begin(config.kind, duration_ns, on=config.on, request=request, delivery=delivery)

    def _hold(self) -> None:
        self._holding = True
        self._begun.clear()


def _concerns(config: FaultConfig, topic: str) -> bool:
    return config.on != "acknowledged" or topic in (config.topics or CANARIES)
