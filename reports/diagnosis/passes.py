"""Passes in which the subject reads the shop, and whether changes came during a pass or soon after it.

One that polls reads page after page, so a pass lasts as long as its calls and what lies between them. How long that may
be is not known, nor how long after a pass changes are missed: several values of both are tried, and chance is ruled out
for all of them together. One that reads all the time has one pass, in which everything comes.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.contrast import chance
from stockstorm.reports.history.reads import is_query
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f

BETWEEN_NS: Final = tuple(ms * MILLISECOND_NS for ms in (50, 250, 1_000, 2_500, 5_000))  # two calls of one pass
AFTER_NS: Final = tuple(ms * MILLISECOND_NS for ms in (0, 500, 1_000, 2_000, 5_000))  # a pass, and missed all the same
SHARE_MIN: Final = 0.9  # of the changes
CHANCE_MAX: Final = 0.02 / (len(BETWEEN_NS) * len(AFTER_NS))
ADMIN: Final = "admin"


class InPasses(NamedTuple):
    """`inside` of `of` changes came in a pass, or less than `after_ns` after it. `others`: of all other changes."""

    inside: int
    of: int
    after_ns: int
    others: int
    others_of: int

    @property
    def text(self) -> str:
        """ "each of them came while the service read from the shop, or less than 2 s after it"."""
        which = "it" if self.of == 1 else "each of them" if self.inside == self.of else f"{self.inside} of them"
        after = f", or less than {self.after_ns / SECOND_NS:g} s after it" if self.after_ns else ""
        return f"{which} came while the service read from the shop{after}"

    @property
    def evidence(self) -> str:
        return f"so did {self.others:,} of the {self.others_of:,} other changes of stock"


def in_passes(case: Case, times_ns: Sequence[int]) -> InPasses | None:
    """What changes at these times have to do with passes. None where chance explains it."""
    reads = sorted((call.started_ns or call.at_ns, call.at_ns) for call in case.calls if _reads(call))
    every = [change.at_ns for change in case.history.all(f.StockChanged)]
    if not reads or not times_ns or len(every) < len(times_ns):
        return None
    best: tuple[float, InPasses] | None = None
    for between_ns in BETWEEN_NS:
        passes = _joined(reads, between_ns)
        for after_ns in AFTER_NS:
            count, marked = (_inside(some, passes, after_ns) for some in (times_ns, every))
            score = chance(count, len(times_ns), max(count, marked), len(every))
            if count >= SHARE_MIN * len(times_ns) and (best is None or score < best[0]):
                others = max(0, marked - count), len(every) - len(times_ns)
                best = score, InPasses(count, len(times_ns), after_ns, *others)
    return best[1] if best is not None and best[0] <= math.log(CHANCE_MAX) else None


def _reads(call: f.ApiCalled) -> bool:
    return call.api == ADMIN and is_query(call.operation)


def _joined(calls: Iterable[tuple[int, int]], between_ns: int) -> list[tuple[int, int]]:
    """Begin and end of each pass, in order of time. `calls`: the same of each call."""
    found: list[tuple[int, int]] = []
    for begin_ns, end_ns in calls:
        if found and begin_ns - found[-1][1] <= between_ns:
            found[-1] = found[-1][0], max(found[-1][1], end_ns)
        else:
            found.append((begin_ns, end_ns))
    return found


def _inside(times_ns: Iterable[int], passes: Sequence[tuple[int, int]], after_ns: int) -> int:
    begins = [begin_ns for begin_ns, _ in passes]
    count = 0
    for at_ns in times_ns:
        place = bisect_right(begins, at_ns) - 1
        count += place >= 0 and at_ns <= passes[place][1] + after_ns
    return count
