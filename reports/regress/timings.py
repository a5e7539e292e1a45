"""Timings of two sets of runs: by which factor they changed, and whether that is more than the noise.

The noise is `FLOOR`, or more where the machine was another one after the change. A timing that follows the machine from
run to run is compared by a yardstick of the machine (`machine`). A change that the machine alone would explain is
unknown: nobody can tell a busy machine from a service that keeps it busy.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from stockstorm.reports.regress.compared import Change, Compared, percent
from stockstorm.reports.regress.machine import (
    FOLLOWED,
    NONE,
    Machine,
    Runs,
    Sides,
    Values,
    Yardstick,
    followed_by_cost,
    followed_by_wait,
    middles,
)
from stockstorm.reports.statistics.shift import Shift, paired_shift, shift

FLOOR: Final = 0.05  # the smallest change of a timing that counts
SEEN: Final = 3  # times the noise: a slow-down up to which "same" is certain enough
# The subject's own time in what waited for nothing else. It varies least of all, and finds most.
ANSWER: Final = "answer_time_ms.p2"
# Of the first one that every result has, a change must be seen or ruled out as well.
ACK: Final = ("ack_time_ms.p25", "ack_time_ms.p50")
LATENCIES: Final = ("ack_time_ms", "sync_latency_ms", "order_latency_ms")
WIDE: Final = 0.5  # a slow-down by that share must be ruled out of every median
TAIL: Final = ".p95"
OF_TAIL: Final = 3  # times the noise of a median: it rests on few events of a run
SHARES: Final = (".p50", TAIL)
COSTS: Final = ("cpu_ms", "cores")  # the first one that every result has; older versions measured cores alone
HARNESS: Final = ("generator", "orchestrator")
TOO_FEW: Final = "too few runs: it needs 4 of one plan on each side, or 6 plans"
OR_THE_MACHINE: Final = "the machine was another one after the change, so play the runs of both sides in turns"


def timings(first: Runs, second: Runs, machine: Machine) -> list[Compared]:
    """Every timing that is in some run."""
    results = [result for side in (first, second) for runs in side.values() for result in runs]
    measured = dict.fromkeys(name for result in results for name in result.measures)
    everywhere = {name for name in measured if all(name in result.measures for result in results)}
    names = [ANSWER, ACK[0], *(f"{latency}{share}" for latency in LATENCIES for share in SHARES)]
    costs = _costs(sorted(measured), everywhere)
    deciding = {*costs, next((name for name in ACK if name in everywhere), ""), *({ANSWER} & everywhere)}
    found = [_timing(name, first, second, machine) for name in (*names, *costs) if name in measured]
    return [msgspec.structs.replace(one, decides=_decides(one, deciding)) for one in found]


def _decides(one: Compared, deciding: set[str]) -> bool:
    """Whether nothing is the same as long as this has no answer. A tail rests on few events, and never decides."""
    return one.name in deciding or (one.shift is not None and not one.name.endswith(TAIL) and one.shift.high > 1 + WIDE)


def _costs(measured: Sequence[str], everywhere: set[str]) -> list[str]:
    """One measure for each process of the service: CPU for each webhook, or cores where some result lacks that."""
    found: dict[str, str] = {}
    for name in measured:
        parts = name.split(".")
        if parts[0] == "resources" and len(parts) == 3 and parts[1] not in HARNESS and parts[2] in COSTS:
            options = [f"resources.{parts[1]}.{cost}" for cost in COSTS]
            found[parts[1]] = next((one for one in options if one in everywhere), name)
    return list(found.values())


def _timing(name: str, first: Runs, second: Runs, machine: Machine) -> Compared:
    raw = _values(name, first), _values(name, second)
    before, after = (tuple(value for runs in side for value in runs) for side in raw)
    if reason := _not_comparable(raw, before, after):
        return Compared(name, "timing", "unknown", reason, before, after)
    scaled: dict[str, Sides] = {
        one.measure: (_values(name, first, one.measure), _values(name, second, one.measure)) for one in machine
    }
    followed_by = followed_by_cost if name.rpartition(".")[2] in COSTS else followed_by_wait
    followed = followed_by(machine, raw, scaled)
    plain = _shift_of(*raw)
    found = plain if followed is NONE else _shift_of(*scaled[followed.measure])
    if found is None or plain is None:
        return Compared(name, "timing", "unknown", TOO_FEW, before, after)
    noise, by_machine = _noise(name, followed, machine), followed is not NONE
    change, reason = _told(found, noise, by_machine=by_machine)
    if by_machine and _otherwise(change, plain, _noise(name, NONE, machine)):
        change, reason = "unknown", f"{percent(plain.factor)}, but {reason}: {OR_THE_MACHINE}"
    return Compared(name, "timing", change, reason, before, after, found, by_machine=by_machine, noise=noise)


def _otherwise(change: Change, plain: Shift, noise: float) -> bool:
    """Whether the values themselves say otherwise than those by the machine."""
    if change == "same":
        return plain.low > 1 + noise
    return (change == "regressed" and plain.factor < 1) or (change == "improved" and plain.factor > 1)


def _noise(name: str, followed: Yardstick, machine: Machine) -> float:
    """The share by which a timing must change to count."""
    noise = max(FLOOR, machine.speed.drift if followed is NONE else followed.drift * FOLLOWED)
    return noise * (OF_TAIL if name.endswith(TAIL) else 1)


def _values(name: str, side: Runs, yardstick: str = "") -> Values:
    """Of the runs that have it; by the yardstick of their run, if one is named."""
    return [
        [
            result.measures[name] / (result.measures[yardstick] if yardstick else 1.0)
            for result in runs
            if name in result.measures
        ]
        for runs in side.values()
    ]


def _not_comparable(values: Sides, before: Sequence[float], after: Sequence[float]) -> str:
    if not all(runs for side in values for runs in side):
        return "not measured in every plan"
    if any(not math.isfinite(value) or value <= 0 for value in (*before, *after)):
        return "in some run it is 0 or was never reached, so it has no factor"
    return ""


def _shift_of(before: Values, after: Values) -> Shift | None:
    """One plan: its runs are two samples. Several: each plan gives one pair, the medians of its runs."""
    if len(before) == 1:
        return shift(before[0], after[0])
    return paired_shift(list(zip(middles(before), middles(after), strict=True)))


def _told(found: Shift, noise: float, *, by_machine: bool) -> tuple[Change, str]:
    interval = f"{found.confidence:.1%} interval {percent(found.low)} to {percent(found.high)}"
    told = f"{percent(found.factor)}, {interval}{', by the machine' if by_machine else ''}"
    if found.low > 1 + noise:
        return "regressed", told
    if found.high < 1 / (1 + noise):
        return "improved", told
    if found.high > 1 + SEEN * noise:
        return "unknown", f"{told}: it varies too much from run to run, so give more runs"
    return "same", told
