"""When the scenario disturbed the subject. What overlaps such an interval is not held against the subject."""

from collections import defaultdict, deque
from collections.abc import Iterable

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.config import FAULTS
from stockstorm.simulator.history import facts as f


class FaultInterval(msgspec.Struct, frozen=True):
    """One fault from its begin to its end. A fault that never ended lasts to the end of the run."""

    fault: str
    target: str
    begin_ns: int
    end_ns: int

    @property
    def planned(self) -> bool:
        """Whether the scenario wanted it. False: a process of the subject ended by itself."""
        return self.fault in FAULTS


def build_fault_intervals(log: FactLog) -> list[FaultInterval]:
    """Every fault, in order of begin. An end closes the first open begin of the same fault and target."""
    begun: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)
    intervals = []
    changes: Iterable[f.FaultStarted | f.FaultEnded] = sorted(
        [*log.all(f.FaultStarted), *log.all(f.FaultEnded)], key=lambda fact: fact.at_ns
    )
    for change in changes:
        key = (change.fault, change.target)
        if isinstance(change, f.FaultStarted):
            begun[key].append(change.at_ns)
        elif begun[key]:
            intervals.append(FaultInterval(*key, begun[key].popleft(), change.at_ns))
    intervals += [FaultInterval(*key, begin_ns, log.end_ns) for key, begins in begun.items() for begin_ns in begins]
    return sorted(intervals, key=lambda interval: interval.begin_ns)


def excused(attempt: f.AttemptEnded, faults: Iterable[FaultInterval]) -> bool:
    """Whether an attempt was due, or under way, during a fault."""
    return any(fault.begin_ns <= attempt.at_ns and attempt.due_ns <= fault.end_ns for fault in faults)
