"""Latency or memory that grows over the whole load: more comes in than goes out, or something is never given back."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import HARNESS, Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

LATENCY_TIMES: Final = 4.0
LATENCY_MIN_MS: Final = 1_000.0
TREND: Final = "trend"
MEMORY: Final = "memory"
KEPT: Final = "look for what is kept for each event: a cache without a limit, a list of seen ids, tasks that never end"
TREND_TIMES: Final = 1.5
SAMPLES_MIN: Final = 60
FAULTS_SHOWN: Final = 2
MEMORY_TIMES: Final = 1.5
MEMORY_MIN_BYTES: Final = 50 * 1024**2
OURS: Final = frozenset({"generator", "orchestrator", "postgres", "supervisor"})
LATENCY_CHECKS: Final = (
    "trend",
    "sync_latency",
    "order_latency",
    "crisis_time",
    "oversell",
    "refused_though_available",
)


class Growth(Diagnose):
    name = "growth"
    after = ("no_call", "stops", "waits_grow")

    def __call__(self, case: Case) -> Iterator[Found]:
        if HARNESS not in case.failing:  # else the load generator was late, so every speed is unknown
            yield from _trend(self.name, case) if TREND in case.invalid else _latency(self.name, case)
        found = list(_memory(self.name, case))
        yield from found or _slope(self.name, case)


def _latency(name: str, case: Case) -> Iterator[Found]:
    explains = case.consequences(*LATENCY_CHECKS)
    if not explains:
        return
    pairs = sorted(case.history.sync_pairs.pairs, key=lambda pair: pair.fired_ns)
    samples = [pair.visible_latency_ms for pair in pairs if math.isfinite(pair.visible_latency_ms)]
    if len(samples) < SAMPLES_MIN:
        return
    thirds = _thirds(samples)
    first, middle, last = (quantile(sorted(part), 0.5) for part in thirds)
    if not first <= middle <= last or last < max(LATENCY_MIN_MS, LATENCY_TIMES * first):
        return
    faults = _faults(case)
    rates = {one: _measure(case, f"delivery.{one}_per_s") for one in ("offered", "throughput")}
    told = (
        f"offered {rates['offered']:.0f} events/s, acknowledged {rates['throughput']:.0f}"
        if all(rates.values())
        else ""
    )
    yield Found(
        Diagnosis(
            name,
            f"sync latency grows throughout the load, from {first:,.0f} ms in its first third to {last:,.0f} ms in its "
            f"last{_why(faults)}",
            (
                f"medians of the thirds: {first:,.0f}, {middle:,.0f} and {last:,.0f} ms",
                *([told] if told else []),
                *(faults[:FAULTS_SHOWN]),
                *case.machine,
            ),
            "find what limits the service: one event at a time, one call for each change, a lock, or the rate limit "
            "of an "
            "API. Many changes in one call and pushes that overtake older ones help most",
            explains,
        )
    )


def _why(faults: Sequence[str]) -> str:
    """What growth proves: nothing of the pace of the service where faults of the scenario make later events late."""
    if faults:
        return f", in a load with {counted(len(faults), 'planned fault')}: what they left behind may be all of it"
    return ": events come faster than the service works them off"


def _faults(case: Case) -> list[str]:
    """The faults of the scenario during the load, of processes and of marketplaces."""
    history = case.history
    end_ns = history.start_ns + history.load_ns
    ends = [one for one in history.fault_intervals if one.planned and one.begin_ns < end_ns]
    told = [f"the fault {one.fault.replace('_', ' ')} began at {case.when(one.begin_ns)}" for one in ends]
    return told + [f"{one.channel} was down from {case.when(one.begin_ns)} on" for one in history.outages]


def _trend(name: str, case: Case) -> Iterator[Found]:
    """What the check of the trend found, where the load was even."""
    check = next(check for check in case.checks if check.name == TREND)
    grown = {
        measure.split(".")[1].replace("_", " "): value
        for measure, value in check.measures.items()
        if measure.endswith(".growth") and TREND_TIMES <= value < math.inf
    }
    if not grown:
        return
    told = " and ".join(f"{what} is {value:.1f} times" for what, value in grown.items())
    yield Found(
        Diagnosis(
            name,
            f"under an even load {told} as long at its end as at its start: each event costs more than the one "
            "before it, or more come than the service works off",
            (check.reason, *(incident.text for incident in check.incidents[:2]), *case.machine),
            "look for what grows with every event: a table without an index, a list that is searched, a queue that is "
            "never emptied, a lock that more and more tasks wait for",
            case.consequences(TREND, *LATENCY_CHECKS),
        )
    )


def _memory(name: str, case: Case) -> Iterator[Found]:
    explains = case.consequences("resources", "trend", "memory")
    by_process: dict[str, list[f.ResourcesSampled]] = {}
    for sample in case.history.all(f.ResourcesSampled):
        by_process.setdefault(sample.process, []).append(sample)
    for process, found in by_process.items():
        if not explains or process in OURS or len(found) < 9:
            continue
        first, middle, last = (sum(part) / len(part) for part in _thirds([each.rss_bytes for each in found]))
        if not first < middle < last or last < max(MEMORY_TIMES * first, first + MEMORY_MIN_BYTES):
            continue
        seconds = (found[-1].at_ns - found[0].at_ns) / SECOND_NS
        mib = [f"{mean / 1024**2:.0f}" for mean in (first, middle, last)]
        told = f"means of the thirds of {seconds:.0f} s: {', '.join(mib)} MiB"
        yield Found(
            Diagnosis(
                name,
                f"the memory of {process} grows throughout the run, from {mib[0]} to {mib[-1]} MiB",
                (told,),
                KEPT,
                explains,
            )
        )


def _slope(name: str, case: Case) -> Iterator[Found]:
    """What the check of memory found in a run that is too short for the growth to be large."""
    check = next((check for check in case.checks if check.name == MEMORY and check.verdict == "invalid"), None)
    if check is not None and check.incidents:
        first, *_ = check.incidents
        texts = tuple(incident.text for incident in check.incidents[:2])
        yield Found(
            Diagnosis(name, f"memory grows with every event: {check.reason}", texts, KEPT, (MEMORY,), first.at_ns)
        )


def _thirds(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
    third = len(values) // 3
    return values[:third], values[third : 2 * third], values[2 * third :]


def _measure(case: Case, name: str) -> float:
    return next((check.measures[name] for check in case.checks if name in check.measures), 0.0)
