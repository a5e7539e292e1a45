"""Resources: the average number of cores each process used during load, and its peak memory.

It has no threshold of its own. It shows whether generator and subject competed for the machine, and what an
architecture costs to run.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, unknown
from stockstorm.simulator.history import facts as f


class Resources(Checker):
    name = "resources"
    level = "acknowledgement"
    measures = (
        Measure("resources.*.cores", "cores used", "cores", "cores that a process used on average during load"),
        Measure("resources.*.rss_mib.max", "memory, most", "MiB", "most memory that a process held during load"),
    )

    def __call__(self, history: History) -> Check:
        stopped = [fact.at_ns for fact in history.all(f.LoadStopped)]
        end_ns = stopped[0] if stopped else history.started.at_ns + history.started.duration_ns
        samples: dict[str, list[f.ResourcesSampled]] = defaultdict(list)
        for sample in history.all(f.ResourcesSampled):
            if history.started.at_ns <= sample.at_ns <= end_ns:
                samples[sample.process].append(sample)
        measures: dict[str, float] = {}
        for process, taken in sorted(samples.items()):
            measures[f"resources.{process}.cores"] = _cores(taken)
            measures[f"resources.{process}.rss_mib.max"] = max(sample.rss_bytes for sample in taken) / 1024**2
        shown = [f"{process} {measures[f'resources.{process}.cores']:.2f}" for process in sorted(samples)]
        if not shown:
            return unknown(self.name, "no process was sampled during load", measures)
        return Check(self.name, "measured", "cores used on average: " + ", ".join(shown), measures)


def _cores(samples: Sequence[f.ResourcesSampled]) -> float:
    """CPU seconds per second. A restarted process counts from 0, so only increases are added."""
    seconds = (samples[-1].at_ns - samples[0].at_ns) / 1e9
    used = sum(max(0, later.cpu_ns - earlier.cpu_ns) for earlier, later in pairwise(samples)) / 1e9
    return used / seconds if seconds else 0.0
