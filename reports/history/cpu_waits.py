"""Whether other programs of the machine kept the processes of a run from running.

A process that is ready and gets no CPU waits. Its waits are the machine's doing as far as programs outside of the run
used CPU meanwhile; what the run's own processes take from each other is not excused. Between two samples, no more is
excused than one of the processes waited, than others used, and than time passed. Where that is half of some seconds, a
queue may have grown that no single wait explains. Where a history has no such samples, nothing is excused.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

TOLD_MIN: Final = 0.1  # of the time, from which on waits are told
STARVED_MIN: Final = 0.5  # of the time; nothing that takes its time is proven then
QUEUE_NS: Final = 5 * SECOND_NS  # for so long a queue has grown before something meets it


class Interval(NamedTuple):
    """From one sample of the machine to the next. `used_ns`, `waited_ns`: of all processes of the run.

    `longest_ns`: of the process that waited longest.
    """

    begin_ns: int
    end_ns: int
    used_ns: int
    waited_ns: int
    longest_ns: int
    others_ns: int  # CPU that programs outside of the run used

    @property
    def excused_ns(self) -> int:
        """At most so much of a latency in this time is the machine's doing."""
        return min(self.longest_ns, self.others_ns, self.end_ns - self.begin_ns)


class CpuWaits:
    """The waits of one run, by the samples of the machine."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self.intervals = intervals
        self._ends = [one.end_ns for one in intervals]

    def excused_ms(self, begin_ns: int, latency_ms: float) -> float:
        """At most so many milliseconds of a latency that began then are the machine's doing."""
        end_ns = begin_ns + round(latency_ms * 1e6)
        excused_ns = 0
        for one in self.intervals[bisect_right(self._ends, begin_ns) :]:
            if one.begin_ns >= end_ns:
                break
            excused_ns += min(one.excused_ns, min(end_ns, one.end_ns) - max(begin_ns, one.begin_ns))
        return excused_ns / 1e6

    def is_starved(self, begin_ns: int, end_ns: int) -> bool:
        """Whether other programs took the CPU for half of a time or longer, or of it and the seconds before it.

        A queue that grew by that is met by what began later, so nothing that took its time is proven.
        """
        return self._took_half(begin_ns, end_ns) or self._took_half(begin_ns - QUEUE_NS, end_ns)

    def _took_half(self, begin_ns: int, end_ns: int) -> bool:
        some = [one for one in self.intervals if one.begin_ns < end_ns and begin_ns < one.end_ns]
        whole_ns = sum(one.end_ns - one.begin_ns for one in some)
        return sum(one.excused_ns for one in some) >= STARVED_MIN * whole_ns > 0

    def stretch(self, begin_ns: int, end_ns: int) -> float:
        """How many times as long the run's work took as on a machine of its own; 1.0: just as long."""
        some = [one for one in self.intervals if one.begin_ns < end_ns and begin_ns < one.end_ns]
        used_ns = sum(one.used_ns for one in some)
        return 1.0 + sum(min(one.waited_ns, one.others_ns) for one in some) / used_ns if used_ns else 1.0

    def text(self, begin_ns: int, end_ns: int) -> str:
        """What is seen of the machine in a time; empty if hardly anything waited for a CPU."""
        some = [one for one in self.intervals if one.begin_ns < end_ns and begin_ns < one.end_ns]
        whole_ns = sum(one.end_ns - one.begin_ns for one in some)
        excused_ns = sum(one.excused_ns for one in some)
        if not whole_ns or excused_ns < TOLD_MIN * whole_ns:
            return ""
        cores = sum(one.others_ns for one in some) / whole_ns
        return (
            f"a process of the run waited {excused_ns / SECOND_NS:,.1f} s of {whole_ns / SECOND_NS:,.1f} s for a CPU, "
            f"while other programs of the machine used {cores:,.1f} cores"
        )


def build_cpu_waits(log: FactLog) -> CpuWaits:
    """Of a history whose machine was sampled; without intervals of an older one."""
    samples: dict[str, list[f.ResourcesSampled]] = {}
    for sample in log.all(f.ResourcesSampled):
        samples.setdefault(sample.process, []).append(sample)
    machine = log.all(f.MachineSampled)
    found = []
    for before, after in pairwise(machine):
        used_ns = waited_ns = longest_ns = 0
        for taken in samples.values():
            first, last = _newest(taken, before.at_ns), _newest(taken, after.at_ns)
            if first is None or last is None or last is first:
                continue
            used_ns += max(0, last.cpu_ns - first.cpu_ns)
            of_one_ns = max(0, last.waited_ns - first.waited_ns)
            waited_ns, longest_ns = waited_ns + of_one_ns, max(longest_ns, of_one_ns)
        others_ns = max(0, after.busy_ns - before.busy_ns - used_ns)
        found.append(Interval(before.at_ns, after.at_ns, used_ns, waited_ns, longest_ns, others_ns))
    return CpuWaits(found)


def _newest(taken: Sequence[f.ResourcesSampled], at_ns: int) -> f.ResourcesSampled | None:
    """The newest sample by then."""
    place = bisect_right(taken, at_ns, key=lambda one: one.at_ns) - 1
    return taken[place] if place >= 0 else None
