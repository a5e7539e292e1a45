"""What losses have to do with changes that wait for the same write: of several only one is written, or one is left out.

Where each write has a single row, although several changes came since the write before it, only one of them is written.
So does one that writes each change by itself, and there the change that is written is the last one before its write.
Where it is not, the others that waited with it were left out.

That one of several is left out cannot be told where the service names no orders: single losses are known of events that
came alone, which are a few. It can be ruled out, because then at most half of the events are lost.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES
from stockstorm.simulator.history import facts as f

WRITES_MIN: Final = 20
WAITING_MIN: Final = 1.5  # events for each write
TAKEN_MIN: Final = 10  # that waited together with others
LAST_MAX: Final = 0.7  # of these, the last ones before their write
AT_ONCE: Final = 0.25  # of the mean gap between two writes
AT_ONCE_MAX: Final = 0.05  # of the writes
LEFT_OUT_MAX: Final = 0.5  # of the events, where one of several is left out
BUFFER: Final = "a full buffer drops what comes"
BATCH: Final = "one of several events that are processed together is dropped"
WRITE_ALL: Final = "write every change that waits: look for a loop that ends early, or for `changes[0]`"
CHANCE: Final = "some are dropped by chance"
UNKNOWN: Final = "a condition decides that is not looked for here"


def one_of_several(case: Case, taken: Iterable[f.EventFired]) -> str:
    """That only one is written, as the end of a cause; empty where it cannot be told. `taken`: what was written."""
    rows, acknowledged = _rows(case), _acknowledged(case)
    if len(rows) < WRITES_MIN or max(rows.values()) > 1 or len(acknowledged) < WAITING_MIN * len(rows):
        return ""
    begun = sorted(call.started_ns or call.at_ns for call in case.calls if call.request in rows)
    if _at_once(begun) > AT_ONCE_MAX * len(begun):
        return ""
    groups: dict[int, list[int]] = {}
    for event in sorted(acknowledged, key=acknowledged.__getitem__):
        groups.setdefault(bisect_right(begun, acknowledged[event]), []).append(event)
    written = {event.event for event in taken}
    several = [group for group in groups.values() if len(group) > 1]
    told = [event for group in several for event in group if event in written]
    last = sum(group[-1] in written for group in several)
    if len(told) < TAKEN_MIN or last > LAST_MAX * len(told):
        return ""
    return (
        f"; each of {len(rows)} writes has a single row, although {len(acknowledged) / len(rows):.1f} events came for "
        "each: of those that wait together one is written"
    )


def _at_once(begun: Sequence[int]) -> int:
    """How many writes come right after another one, as those of changes that are written one by one."""
    mean_ns = (begun[-1] - begun[0]) / len(begun)
    return sum(after - before < AT_ONCE * mean_ns for before, after in pairwise(begun))


def what_fits(case: Case, lost_share: float) -> str:
    """The causes that fit losses of which no condition was found that explains all, as the end of a cause."""
    writes = len(_rows(case))
    several = writes >= WRITES_MIN and len(_acknowledged(case)) >= WAITING_MIN * writes
    together = several and lost_share <= LEFT_OUT_MAX
    *first, last = [*([BATCH] if together else []), BUFFER, CHANCE, UNKNOWN]
    return f"; it fits that {', that '.join(first)}, or that {last}"


def _rows(case: Case) -> Counter[int]:
    """The number of rows that each write of the subject has."""
    written = (row for row in case.history.all(f.StockChanged) if row.cause in SUBJECT_CAUSES and row.request >= 0)
    return Counter(row.request for row in written)


def _acknowledged(case: Case) -> dict[int, int]:
    """When each event of an order of a marketplace was first acknowledged."""
    deliveries, found = case.history.deliveries, dict[int, int]()
    for (order, _), event in deliveries.order_event.items():
        times = [one.ended_ns for one in deliveries.by_event.get(event, ()) if one.outcome == "acknowledged"]
        if times and order in case.history.orders.by_order:
            found[event] = min(times)
    return found
