"""When the scenario disturbed the subject. What overlaps such an interval is not held against the subject."""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Final

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import API_FAULTS, EVERY_API, FAULTS, FaultTrigger
from stockstorm.simulator.history import facts as f

KILLS: Final = frozenset[str](kind for kind, fault in FAULTS.items() if fault.action == "kill")
ENDS: Final = frozenset[str](kind for kind, fault in FAULTS.items() if fault.action != "pause")  # of a process


class FaultInterval(msgspec.Struct, frozen=True):
    """One fault from its begin to its end. A fault that never ended lasts to the end of the run."""

    fault: str
    target: str
    begin_ns: int
    end_ns: int
    on: FaultTrigger = "time"

    @property
    def planned(self) -> bool:
        """Whether the scenario wanted it. False: a process of the subject ended by itself."""
        return self.fault in FAULTS


def build_fault_intervals(log: FactLog) -> list[FaultInterval]:
    """Every fault, in order of begin. An end closes the first open begin of the same fault and target."""
    begun: defaultdict[tuple[str, str], deque[f.FaultStarted]] = defaultdict(deque)
    intervals = []
    changes: Iterable[f.FaultStarted | f.FaultEnded] = sorted(
        [*log.all(f.FaultStarted), *log.all(f.FaultEnded)], key=lambda fact: fact.at_ns
    )
    for change in changes:
        key = (change.fault, change.target)
        if isinstance(change, f.FaultStarted):
            begun[key].append(change)
        elif begun[key]:
            intervals.append(_interval(begun[key].popleft(), change.at_ns))
    intervals += [_interval(begin, log.end_ns) for begins in begun.values() for begin in begins]
    return sorted(intervals, key=lambda interval: interval.begin_ns)


def _interval(begin: f.FaultStarted, end_ns: int) -> FaultInterval:
    return FaultInterval(begin.fault, begin.target, begin.at_ns, end_ns, begin.on)


def api_outages(scenario: Scenario, start_ns: int) -> list[FaultInterval]:
    """The intervals in which every call of an API failed, in order of begin. They excuse nothing."""
    found = []
    for one in scenario.api_faults:
        if one.share == 1 and one.count is None:
            until_s = scenario.load_s if one.until_s is None else min(one.until_s, scenario.load_s)
            begin_ns, end_ns = (start_ns + round(at_s * SECOND_NS) for at_s in (one.from_s, until_s))
            name = f"{'every API' if one.api == EVERY_API else one.api}: {API_FAULTS[one.kind]}"
            found.append(FaultInterval(name, one.api, begin_ns, end_ns))
    return sorted(found, key=lambda interval: interval.begin_ns)


def excused(attempt: f.AttemptEnded, faults: Iterable[FaultInterval]) -> bool:
    """Whether an attempt was due, or under way, during a fault."""
    return any(fault.begin_ns <= attempt.at_ns and attempt.due_ns <= fault.end_ns for fault in faults)
