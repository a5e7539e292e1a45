"""A judged run reduced to what is compared, so that a matrix of runs fits in memory."""

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from reports.checkers.ack_time import ack_samples
from reports.compare.comparison import Key
from reports.history import History
from reports.judged_sync import judged_samples
from reports.result import Result
from simulator.clock import SECOND_NS
from simulator.history import facts as f

Samples = list[tuple[int, float]]  # (ns since the start of load, ms)

BUSY_S: Final = 5  # a queue evens out what is shorter; over this long a ceiling shows
GENERATOR: Final = "generator"


class Played(msgspec.Struct, frozen=True):
    """One run. `sync` counts from where tiers do: from fired, or from visible where deliveries are held back."""

    key: Key
    report: str
    result: Result
    started: f.RunStarted
    load_ns: int
    sync: Samples
    acks: Samples
    busiest_per_s: float  # events fired, in the busiest five seconds
    measures: dict[str, float]  # the result's, and what was worked

    @property
    def cores(self) -> dict[str, float]:
        """CPU by process, in cores, the load generator's left out."""
        found = {}
        for name, value in self.result.measures.items():
            parts = name.split(".")
            if parts[0] == "resources" and parts[-1] == "cores" and parts[1] != GENERATOR:
                found[".".join(parts[1:-1])] = value
        return found


def reduce_run(key: Key, report: str, result: Result, history: History) -> Played:
    """What the comparison needs of a run. `report` is where its own report is found."""
    start_ns = history.start_ns
    return Played(
        key=key,
        report=report,
        result=result,
        started=history.started,
        load_ns=history.load_ns,
        sync=[(fired_ns - start_ns, value) for fired_ns, value in judged_samples(history)],
        acks=[(due_ns - start_ns, value) for due_ns, value in ack_samples(history)],
        busiest_per_s=busiest_per_s(event.at_ns for event in history.all(f.EventFired)),
        measures=result.measures | _worked(history, result),
    )


def busiest_per_s(times_ns: Iterable[int]) -> float:
    """Events a second in the busiest window of five seconds. Times in order."""
    times = list(times_ns)
    first, most = 0, 0
    for last, at_ns in enumerate(times):
        while at_ns - times[first] >= BUSY_S * SECOND_NS:
            first += 1
        most = max(most, last - first + 1)
    return most / BUSY_S


def _worked(history: History, result: Result) -> dict[str, float]:
    calls = history.all(f.ApiCalled)
    admin = [call for call in calls if call.api == "admin"]
    cores = [
        value
        for name, value in result.measures.items()
        if name.startswith("resources.") and name.endswith(".cores") and f".{GENERATOR}." not in name
    ]
    worked = {
        "work.admin_calls": float(len(admin)),
        "work.channel_calls": float(len(calls) - len(admin)),
        "work.cost_points": float(sum(call.cost for call in admin)),
    }
    if cores:
        worked["work.cores"] = math.fsum(cores)
    counts = history.all(f.DatabaseCounted)
    if len(counts) > 1:
        worked["work.transactions"] = float(counts[-1].transactions - counts[0].transactions)
        worked["work.rows_written"] = float(counts[-1].rows_written - counts[0].rows_written)
        if counts[0].statements is not None and counts[-1].statements is not None:
            worked["work.statements"] = float(counts[-1].statements - counts[0].statements)
    return worked
