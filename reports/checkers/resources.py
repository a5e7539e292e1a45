"""Resources: the average number of cores each process used during load, its peak memory, and its CPU for each webhook.

It has no threshold of its own. It shows whether generator and subject competed for the machine, and what an
architecture costs to run. CPU for each webhook counts from the start of the load until rest, because what a busy
subject leaves to the end of the load is work of the load as well.

The load generator measures the machine: it does known work, so its CPU for that work tells how fast the machine was in
this run. `stockstorm regress` compares timings of several runs by it.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, unknown
from stockstorm.simulator.history import facts as f

GENERATOR: Final = "generator"
# What else the generator does, in attempts of 0.25 ms, by its CPU (fitted to 14 runs of 9 to 30 s).
CALL_COSTS: Final = 3.0  # to answer a call of the subject
SECOND_COSTS: Final = 80.0  # to be there


class Resources(Checker):
    name = "resources"
    level = "acknowledgement"
    measures = (
        Measure("resources.*.cores", "cores used", "cores", "cores that a process used on average during load"),
        Measure("resources.*.rss_mib.max", "memory, most", "MiB", "most memory that a process held during load"),
        Measure("resources.*.cpu_ms", "CPU for each webhook", "ms", "CPU time of a process for each attempt"),
        Measure(
            "resources.*.yardstick_ms",
            "the machine's yardstick",
            "ms",
            "CPU time of the load generator for the work that one attempt is: more is a slower machine",
            more_is_worse=None,
        ),
    )

    def exposure(self, history: History) -> dict[str, int]:
        return {"samples of processes": history.count(f.ResourcesSampled)}

    def __call__(self, history: History) -> Check:
        stopped = [fact.at_ns for fact in history.all(f.LoadStopped)]
        begun_ns = history.started.at_ns
        end_ns = stopped[0] if stopped else begun_ns + history.started.duration_ns
        samples: dict[str, list[f.ResourcesSampled]] = defaultdict(list)
        for sample in history.all(f.ResourcesSampled):
            taken = samples[sample.process]
            if sample.at_ns <= begun_ns:
                taken.clear()  # the last one before the load is its beginning
            taken.append(sample)
        measures: dict[str, float] = {}
        for process, all_taken in sorted(samples.items()):
            if taken := [sample for sample in all_taken if begun_ns <= sample.at_ns <= end_ns]:
                measures[f"resources.{process}.cores"] = _cores(taken)
                measures[f"resources.{process}.rss_mib.max"] = max(sample.rss_bytes for sample in taken) / 1024**2
        shown = [f"{name.split('.')[1]} {cores:.2f}" for name, cores in measures.items() if name.endswith(".cores")]
        if not shown:
            return unknown(self.name, "no process was sampled during load", measures)
        measures |= _costs(history, samples)
        return Check(self.name, "measured", "cores used on average: " + ", ".join(shown), measures)


def _cores(samples: Sequence[f.ResourcesSampled]) -> float:
    """CPU seconds per second."""
    seconds = _seconds(samples)
    return _used_ms(samples) / 1e3 / seconds if seconds else 0.0


def _costs(history: History, samples: dict[str, list[f.ResourcesSampled]]) -> dict[str, float]:
    """CPU for each attempt, and the yardstick. Nothing without attempts."""
    attempts = history.count(f.AttemptEnded)
    if not attempts:
        return {}
    costs = {f"resources.{name}.cpu_ms": _used_ms(taken) / attempts for name, taken in sorted(samples.items())}
    generator = samples.get(GENERATOR, [])
    if used_ms := _used_ms(generator):
        work = attempts + CALL_COSTS * history.count(f.ApiCalled) + SECOND_COSTS * _seconds(generator)
        costs[f"resources.{GENERATOR}.yardstick_ms"] = used_ms / work
    return costs


def _used_ms(samples: Sequence[f.ResourcesSampled]) -> float:
    """A restarted process counts from 0, so only increases are added."""
    return sum(max(0, later.cpu_ns - earlier.cpu_ns) for earlier, later in pairwise(samples)) / 1e6


def _seconds(samples: Sequence[f.ResourcesSampled]) -> float:
    return (samples[-1].at_ns - samples[0].at_ns) / 1e9
