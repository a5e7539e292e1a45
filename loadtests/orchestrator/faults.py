"""The faults of the plan: they begin when the generator says so, and end when what they hit is ready again.

Faults that overlap on one target: it stays down until the last of its kills and restarts is over, and paused until the
last of its pauses is over. A kill hits also what is starting or paused. Each fault ends when the target is ready after
all of that, so an interval in the history covers the whole time in which the target could not do its work.

Where one process receives and works, a fault of the receiver or of the worker is one of the whole subject.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, get_args

from stockstorm.loadtests.limits import FAULT_POLL_S, READY_WITHIN_S
from stockstorm.loadtests.processes.part import Part
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import FAULTS, FaultAction, FaultKind, FaultTarget, FaultTrigger, ProcessName
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.history.facts import AnyFact, FaultEnded, FaultStarted

Parts = Mapping[FaultTarget, Part]
_BEGIN: Final[Mapping[FaultAction, Callable[[Part], None]]] = {
    "kill": lambda part: part.kill(),
    "restart": lambda part: part.stop(),
    "pause": lambda part: part.pause(),
}


_PROCESSES: Final = get_args(ProcessName)
ONE_PROCESS: Final = "the subject has one process, which receives and works; these faults hit all of it: {}"


def _hits(hit: FaultTarget, target: FaultTarget) -> bool:
    """Whether a fault of `hit` is one of `target` too."""
    return hit == target or (hit == "subject" and target in _PROCESSES)


class _Open:
    """A fault that has begun. `until_s`: when the target is started or resumed. `lifted`: that time has come."""

    def __init__(self, kind: FaultKind, target: FaultTarget, until_s: float) -> None:
        self.kind, self.target, self.until_s = kind, target, until_s
        self.lifted = False
        self.ready_by_s = 0.0

    @property
    def pauses(self) -> bool:
        return FAULTS[self.kind].action == "pause"


def _keeps(other: _Open, one: _Open) -> bool:
    return other.pauses == one.pauses and not other.lifted


class PlannedFaults:
    """Call `tick` at least every `poll_s`. `record` gets the facts, `over` each fault that has ended.

    `crashed`: targets that were killed at any time.
    """

    def __init__(
        self,
        record: Callable[[AnyFact], None],
        over: Callable[[FaultKind], None],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._record, self._over, self._clock = record, over, clock
        self._open: list[_Open] = []
        self._shown: list[FaultKind] = []
        self.crashed: set[FaultTarget] = set()
        self._parts: Parts = {}
        self.notes: tuple[str, ...] = ()

    def have(self, parts: Parts, kinds: Iterable[FaultKind]) -> None:
        """The parts of the run, once they have started. Raises SubjectError when a fault of the plan lacks its own.

        A process that is receiver and worker is the same object under both names.
        """
        self._parts = parts
        planned = tuple(dict.fromkeys(kinds))
        for kind in planned:
            if (target := FAULTS[kind].target) not in parts:
                found = f"this run has no {target} that Stockstorm started"
                raise SubjectError(f"fault {kind}", found, f"leave it out; it can hit: {', '.join(parts) or 'nothing'}")
        moved = [kind for kind in planned if self._target(kind) != FAULTS[kind].target]
        self.notes = (ONE_PROCESS.format(", ".join(moved)),) if moved else ()

    @property
    def one_process(self) -> bool:
        """Whether one process of the subject receives and works."""
        found = [self._parts.get(name) for name in _PROCESSES]
        return found[0] is not None and all(part is found[0] for part in found)

    def begin(
        self, kind: FaultKind, duration_ns: int, on: FaultTrigger = "time", request: int = -1, delivery: int = -1
    ) -> None:
        """Applies a fault of a target that the run has (`have`). `request`, `delivery`: the evidence it begins on."""
        fault, begun_ns = FAULTS[kind], self._clock()
        target = self._target(kind)
        _BEGIN[fault.action](self._parts[target])
        if fault.action == "kill":
            self.crashed.add(target)
        # Recorded afterwards, because a fault that fails is none.
        self._record(FaultStarted(begun_ns, kind, target, on, request, delivery))
        self._open.append(_Open(kind, target, self._now_s() + duration_ns / SECOND_NS))
        self._shown.append(kind)

    def is_open(self, target: FaultTarget) -> bool:
        """Whether a planned fault explains that the target has ended or does not answer."""
        return any(_hits(one.target, target) for one in self._open)

    def is_down(self, target: FaultTarget) -> bool:
        """Whether a fault has ended the target and not started it again yet."""
        return any(_hits(one.target, target) and not one.pauses and not one.lifted for one in self._open)

    def poll_s(self, at_most_s: float) -> float:
        """How long to wait until the next `tick`: short while a fault is open, so that it ends on time."""
        if not self._open:
            return at_most_s
        next_s = min(FAULT_POLL_S if one.lifted else one.until_s - self._now_s() for one in self._open)
        return min(at_most_s, max(0.0, next_s))

    def shown(self) -> tuple[FaultKind, ...]:
        """The faults that were open at any time since the last call, each once."""
        kinds = tuple(dict.fromkeys(self._shown))
        self._shown = [one.kind for one in self._open]
        return kinds

    def tick(self) -> None:
        """Lifts what is due, and ends what is ready. Raises SubjectError when a target is not ready in time."""
        for target in {one.target: None for one in self._open}:
            self._lift(target)
            self._end(target)

    def _lift(self, target: FaultTarget) -> None:
        now_s, part = self._now_s(), self._parts[target]
        for one in self._of(target):
            if one.lifted or one.until_s > now_s:
                continue
            one.lifted, one.ready_by_s = True, now_s + READY_WITHIN_S
            if any(_hits(other.target, target) and _keeps(other, one) for other in self._open):
                continue  # a later fault of the same effect keeps it down, or paused
            if one.pauses:
                part.resume()
            else:
                part.start()

    def _end(self, target: FaultTarget) -> None:
        faults, part = self._of(target), self._parts[target]
        if not all(one.lifted for one in faults):
            return
        if part.ready():
            ended_ns = self._clock()
            for one in faults:
                self._open.remove(one)
                self._record(FaultEnded(at_ns=ended_ns, fault=one.kind, target=target))
                self._over(one.kind)
        elif self._now_s() > max(one.ready_by_s for one in faults):
            found = f"started again after a fault, it was not ready within {READY_WITHIN_S:.0f} s"
            raise SubjectError(target, found, f"read {part.log}")

    def _target(self, kind: FaultKind) -> FaultTarget:
        """What a fault hits in this run."""
        target = FAULTS[kind].target
        return "subject" if target in _PROCESSES and self.one_process else target

    def _of(self, target: FaultTarget) -> list[_Open]:
        return [one for one in self._open if one.target == target]

    def _now_s(self) -> float:
        return self._clock() / SECOND_NS
