"""When the scenario itself was hurting the subject: what overlaps such an interval is not held against it."""

from collections.abc import Iterable

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f

Intervals = list[tuple[int, int]]


def fault_intervals(history: History) -> Intervals:
    """Begin and end of every fault; one that never ended lasts to the end of the run."""
    begun: dict[tuple[str, str], int] = {}
    intervals = []
    changes: Iterable[f.FaultStarted | f.FaultEnded] = sorted(
        [*history.all(f.FaultStarted), *history.all(f.FaultEnded)], key=lambda fact: fact.at_ns
    )
    for change in changes:
        key = (change.fault, change.target)
        if isinstance(change, f.FaultStarted):
            begun[key] = change.at_ns
        elif key in begun:
            intervals.append((begun.pop(key), change.at_ns))
    return [*intervals, *((begin, history.end_ns) for begin in begun.values())]


def excused(attempt: f.AttemptEnded, faults: Intervals) -> bool:
    """Whether an attempt was due, or under way, during a fault."""
    return any(begin <= attempt.at_ns and attempt.due_ns <= end for begin, end in faults)
