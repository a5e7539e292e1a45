"""A judged run reduced to what is compared, so that a matrix of runs fits in memory; and runs pooled over seeds.

Pooling gives one distribution of latency, its curve, and block-bootstrap intervals. Runs are placed end to end in time,
so that no block of the bootstrap holds samples of two runs.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from stockstorm.reports.compare.comparison import Key
from stockstorm.reports.history import History
from stockstorm.reports.result import Interval, Result
from stockstorm.reports.statistics.bootstrap import quantile_interval
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.reports.verdict.samples import judged_samples
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

Samples = list[tuple[int, float]]  # (ns since the start of load, ms)

BUSY_S: Final = 5  # a queue absorbs shorter bursts
HARNESS: Final = ("generator", "orchestrator")  # processes that are no cost of a subject


class RunSummary(msgspec.Struct, frozen=True):
    """One run. `sync` counts as tiers do: from fired, or from visible when deliveries are delayed."""

    key: Key
    report: str
    result: Result
    started: f.RunStarted
    scenario: Scenario
    load_ns: int
    sync: Samples
    acks: Samples
    busiest_per_s: float  # events fired, in the busiest five seconds
    measures: dict[str, float]  # the result's, and the `work.*` measures

    @property
    def cores(self) -> dict[str, float]:
        """CPU by process, in cores, without Stockstorm's own."""
        found = {}
        for name, value in self.result.measures.items():
            parts = name.split(".")
            if parts[0] == "resources" and parts[-1] == "cores" and parts[1] not in HARNESS:
                found[".".join(parts[1:-1])] = value
        return found


def reduce_run(key: Key, report: str, result: Result, history: History) -> RunSummary:
    """What the comparison needs of a run. `report` is the path of the run's own report."""
    start_ns = history.start_ns
    return RunSummary(
        key=key,
        report=report,
        result=result,
        started=history.started,
        scenario=history.scenario,
        load_ns=history.load_ns,
        sync=[(fired_ns - start_ns, value) for fired_ns, value in judged_samples(history)],
        acks=[(due_ns - start_ns, value) for due_ns, value in history.acks],
        busiest_per_s=busiest_per_s(event.at_ns for event in history.all(f.EventFired)),
        measures=result.measures | _work(history, result),
    )


def busiest_per_s(times_ns: Iterable[int]) -> float:
    """Events a second in the busiest window of `BUSY_S`. Times are in ascending order."""
    times = list(times_ns)
    first, most = 0, 0
    for last, at_ns in enumerate(times):
        while at_ns - times[first] >= BUSY_S * SECOND_NS:
            first += 1
        most = max(most, last - first + 1)
    return most / BUSY_S


def _work(history: History, result: Result) -> dict[str, float]:
    calls = history.all(f.ApiCalled)
    admin = [call for call in calls if call.api == "admin"]
    cores = [
        value
        for name, value in result.measures.items()
        if name.startswith("resources.") and name.endswith(".cores") and name.split(".")[1] not in HARNESS
    ]
    work = {
        "work.admin_calls": float(len(admin)),
        "work.channel_calls": float(len(calls) - len(admin)),
        "work.cost_points": float(sum(call.cost for call in admin)),
    }
    if cores:
        work["work.cores"] = math.fsum(cores)
    counts = history.all(f.DatabaseCounted)
    if len(counts) > 1:
        work["work.transactions"] = float(counts[-1].transactions - counts[0].transactions)
        work["work.rows_written"] = float(counts[-1].rows_written - counts[0].rows_written)
        if counts[0].statements is not None and counts[-1].statements is not None:
            work["work.statements"] = float(counts[-1].statements - counts[0].statements)
    return work


CURVE_STEPS: Final = 160
TAIL_MIN: Final = 20  # fewer samples show no tail


def pooled(runs: Sequence[tuple[int, Samples]]) -> Samples:
    """The samples of all runs, placed end to end. `runs`: (load in ns, samples) of each."""
    placed: Samples = []
    offset_ns = 0
    for load_ns, samples in runs:
        placed += [(at_ns + offset_ns, value) for at_ns, value in samples]
        last_ns = max([load_ns, *(at_ns for at_ns, _ in samples)])
        offset_ns += (last_ns // SECOND_NS + 1) * SECOND_NS
    return placed


def intervals(name: str, samples: Samples, shares: Sequence[float], seed: int) -> dict[str, Interval]:
    """Measures `<name>.p50` … with their intervals. Empty without samples."""
    found = {}
    for share in shares:
        measure = f"{name}.p{round(share * 1000) / 10:g}"
        interval = quantile_interval(samples, share, seed, measure)
        if interval is not None:
            found[measure] = interval
    return found


def curve(samples: Samples) -> tuple[tuple[float, float], ...]:
    """(share, ms) of the finite part of the distribution, with more points towards the tail."""
    if not samples:
        return ()
    ordered = sorted(value for _, value in samples)
    deepest = math.log10(max(TAIL_MIN, len(ordered)))
    shares = [1 - 10 ** (-deepest * step / CURVE_STEPS) for step in range(1, CURVE_STEPS + 1)]
    points = [(share, quantile(ordered, share)) for share in shares]
    return tuple((round(share, 6), round(ms, 3)) for share, ms in points if math.isfinite(ms))
