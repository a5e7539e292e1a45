"""Trend: whether latency grows while the load does not, so that a longer run would be slower without end.

The longest phase of even load without a fault, also of the APIs, is cut into PARTS. Of each part the lower quartile
counts, because a short disturbance moves the slow samples and not those. Latency *grows* if it rises from part to part,
and at the end is GROWTH_MIN times as long and GROWTH_MIN_MS longer. Where each part is slower than all before it,
ALWAYS_MIN times and ALWAYS_MIN_MS are enough: on a busy machine the start is slow as well. With too few samples or too
short a phase it is not exercised, nor where the deliveries of an even plan were not even: those held back and sent
again, and what the subject's own writes fire, come on top later. A load generator that could not keep up makes it
unknown. So do other programs that kept the machine busier and busier, where latency did not grow once each part is
divided by how much longer work took in it than in the least busy one, or where they took the CPU for half of the time,
so that queues grew by that. And so does a process that had more to do than it
could from the first part on: its queue grows by that alone (`history.saturated`). Limits on latency judge that.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.checkers.generator import Generator
from stockstorm.reports.history import History
from stockstorm.reports.history.saturated import saturated_process
from stockstorm.reports.result import Check, Incident, Tally
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

EVEN: Final = frozenset({"constant", "poisson"})
PARTS: Final = 6
SECONDS_MIN: Final = 9.0
DELIVERIES_RISE_MAX: Final = 1.3  # of the second half, as a multiple of the first
SAMPLES_MIN: Final = 20  # in each part
SHARE: Final = 0.25
GROWTH_MIN: Final = 3.0
GROWTH_MIN_MS: Final = 150.0
ALWAYS_MIN: Final = 2.0
ALWAYS_MIN_MS: Final = 200.0
RISE: Final = 1.05
RISES_MIN: Final = 4  # of the PARTS - 1 steps
FALL: Final = 0.9
FALLS_MAX: Final = 1  # of the pairs of parts; more than one make a level that comes and goes

Samples = Iterable[tuple[int, float]]  # (ns, ms)


class Trend(Checker):
    name = "trend"
    level = "acknowledgement"
    measures = tuple(
        Measure(
            f"trend.{stem}.growth",
            f"growth of {label}",
            "count",
            f"{label} in the last sixth of the longest even phase, as a multiple of the first; lower quartiles",
        )
        for stem, label in (
            ("ack_time", "ack time"),
            ("sync_latency", "sync latency"),
            ("order_latency", "order latency"),
        )
    )
    speed = True

    def exposure(self, history: History) -> dict[str, int]:
        begin_ns, end_ns = even_phase(history) or (0, 0)
        return {"seconds of even load": (end_ns - begin_ns) // SECOND_NS}

    def __call__(self, history: History) -> Check:
        tally = Tally()
        phase = even_phase(history)
        if phase is None or (why_not := _uneven(history, phase)):
            reason = why_not if phase else f"there was no phase of even load of {SECONDS_MIN:.0f} s without a fault"
            return tally.check(self.name, "not_exercised", reason, {})
        measures, said, busy = {}, list[str](), ""
        waits = history.cpu_waits.text(*phase)
        for name, samples in _series(history).items():
            levels = _levels(samples, *phase)
            if not levels:
                continue
            label = name.replace("_", " ")
            measures[f"trend.{name}.growth"] = levels[-1] / max(levels[0], 0.001)
            said.append(f"{label} from {levels[0]:,.0f} to {levels[-1]:,.0f} ms")
            if waits and _grows(levels) and _by_others(history, phase, levels):
                busy = waits
            elif _grows(levels):
                tally.add(_incident(history, phase[0], label, levels))
        if not said:
            reason = f"fewer than {SAMPLES_MIN} samples in a sixth of the longest even phase"
            return tally.check(self.name, "not_exercised", reason, {})
        reason = "over the longest even phase, lower quartiles: " + ", ".join(said)
        if tally.total and (generator := Generator()(history)).verdict == "unknown":
            return tally.check(self.name, "unknown", f"{reason}; but {generator.reason}", measures)
        if tally.total and (process := saturated_process(history, _edges(*phase))):
            reason += f"; but {process} had no rest from the first sixth on: more comes than it can do on this machine"
            return tally.check(self.name, "unknown", f"{reason}. A lower rate tells whether latency grows", measures)
        if busy and not tally.total:
            return tally.check(self.name, "unknown", f"{reason}; but {busy}, which explains it", measures)
        return tally.check(self.name, "invalid" if tally.total else "valid", reason, measures)


def _uneven(history: History, phase: tuple[int, int]) -> str:
    """Why the deliveries of a phase were not even; empty if they were."""
    if (rise := _rise(history.acks, *phase)) <= DELIVERIES_RISE_MAX:
        return ""
    return f"the longest even phase had {rise:.1f} times as many deliveries in its second half as in its first"


def even_phase(history: History) -> tuple[int, int] | None:
    """Begin and end of the longest phase of even load that no fault disturbed."""
    if history.last(f.RunStarted) is None:
        return None
    even = {phase.name for phase in history.scenario.phases if phase.kind in EVEN}
    longest = max(_undisturbed(history, even), key=lambda span: span[1] - span[0], default=None)
    return longest if longest and longest[1] - longest[0] >= SECONDS_MIN * SECOND_NS else None


def _undisturbed(history: History, even: set[str]) -> Iterator[tuple[int, int]]:
    begun = [(fact.at_ns, fact.phase) for fact in history.all(f.PhaseStarted)]
    begun.append((history.start_ns + history.load_ns, ""))
    faults = list(_faults(history))
    for (begin_ns, name), (end_ns, _) in pairwise(begun):
        disturbed = any(fault_ns < end_ns and begin_ns < over_ns for fault_ns, over_ns in faults)
        if name in even and not disturbed:
            yield begin_ns, end_ns


def _faults(history: History) -> Iterator[tuple[int, int]]:
    """When a process was down, and when calls of the APIs failed or were slow: what they delayed comes later."""
    yield from ((fault.begin_ns, fault.end_ns) for fault in history.fault_intervals)
    for fault in history.scenario.api_faults:
        until_s = history.scenario.load_s if fault.until_s is None else fault.until_s
        yield history.start_ns + round(fault.from_s * SECOND_NS), history.start_ns + round(until_s * SECOND_NS)


def _series(history: History) -> dict[str, Samples]:
    """Latencies by measure. Sync latency counts from visible, so that planned delays are not the subject's."""
    return {
        "ack_time": history.acks,
        "sync_latency": history.sync_samples.visible,
        "order_latency": [] if history.orders.net_only else [(s.sold_ns, s.latency_ms) for s in history.order_samples],
    }


def _rise(acks: Samples, begin_ns: int, end_ns: int) -> float:
    """Deliveries that were answered in the second half, as a multiple of the first. 1 without any, as with polling."""
    middle_ns = (begin_ns + end_ns) // 2
    first = sum(begin_ns <= at_ns < middle_ns for at_ns, _ in acks)
    second = sum(middle_ns <= at_ns < end_ns for at_ns, _ in acks)
    return second / first if first else 1.0


def _levels(samples: Samples, begin_ns: int, end_ns: int) -> list[float]:
    """The lower quartile of each part. Empty if a part has too few samples, or one of them never ended."""
    parts: list[list[float]] = [[] for _ in range(PARTS)]
    for at_ns, value in samples:
        if begin_ns <= at_ns < end_ns:
            parts[(at_ns - begin_ns) * PARTS // (end_ns - begin_ns)].append(value)
    if min(map(len, parts)) < SAMPLES_MIN:
        return []
    levels = [quantile(sorted(part), SHARE) for part in parts]
    return levels if all(map(math.isfinite, levels)) else []


def _grows(levels: list[float]) -> bool:
    steps = list(pairwise(levels))
    rising = sum(after > RISE * before for before, after in steps) >= RISES_MIN
    falling = sum(after < FALL * before for before, after in combinations(levels, 2)) > FALLS_MAX
    if all(after > before for before, after in steps):
        return levels[-1] >= max(ALWAYS_MIN * levels[0], levels[0] + ALWAYS_MIN_MS) or (rising and _much(levels))
    return rising and not falling and _much(levels)


def _on_an_even_machine(history: History, phase: tuple[int, int], levels: list[float]) -> list[float]:
    """The levels as they were on a machine that others use throughout as in the part in which they used it least.

    Each is divided by how many times as long as there work took in its own part.
    """
    stretches = [history.cpu_waits.stretch(*part) for part in pairwise(_edges(*phase))]
    least = min(stretches)
    return [level * least / stretch for level, stretch in zip(levels, stretches, strict=True)]


def _by_others(history: History, phase: tuple[int, int], levels: list[float]) -> bool:
    """Whether other programs of the machine may explain the growth: work took longer, or hardly anything went on."""
    return history.cpu_waits.is_starved(*phase) or not _grows(_on_an_even_machine(history, phase, levels))


def _edges(begin_ns: int, end_ns: int) -> list[int]:
    return [begin_ns + (end_ns - begin_ns) * part // PARTS for part in range(PARTS + 1)]


def _much(levels: list[float]) -> bool:
    return levels[-1] >= max(GROWTH_MIN * levels[0], levels[0] + GROWTH_MIN_MS)


def _incident(history: History, begin_ns: int, label: str, levels: list[float]) -> Incident:
    shown = ", ".join(f"{level:,.0f}" for level in levels)
    text = (
        f"{label} grew under even load, from {history.offset(begin_ns)} on: {shown} ms in its sixths (lower quartiles)"
    )
    return Incident("latency_growth", begin_ns, text)
