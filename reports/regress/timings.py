"""Timings of two sets of runs: by which factor they changed, and whether that is more than the noise.

The noise is `FLOOR`, or more where the machine was another one after the change. A timing that follows the machine from
run to run is compared by the machine's yardstick (`machine`).
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from stockstorm.reports.regress.compared import Change, Compared, percent
from stockstorm.reports.regress.machine import FOLLOWED, Runs, Values, follows, middles
from stockstorm.reports.statistics.shift import Shift, paired_shift, shift

FLOOR: Final = 0.05  # the smallest change of a timing that counts
SEEN: Final = 3  # times the noise: a slow-down up to which "same" is certain enough
# Of the first one that every result has, a change must be seen or ruled out: it varies least.
ACK: Final = ("ack_time_ms.p25", "ack_time_ms.p50")
LATENCIES: Final = ("ack_time_ms", "sync_latency_ms", "order_latency_ms")
WIDE: Final = 0.5  # a slow-down by that share must be ruled out of every median
TAIL: Final = ".p95"
OF_TAIL: Final = 3  # times the noise of a median: it rests on few events of a run
SHARES: Final = (".p50", TAIL)
COSTS: Final = ("cpu_ms", "cores")  # the first one that every result has; older versions measured cores alone
HARNESS: Final = ("generator", "orchestrator")
TOO_FEW: Final = "too few runs: it needs 4 of one plan on each side, or 6 plans"


class Machine(NamedTuple):
    """The measure that tells how slow a machine was, empty for none, and how many times so it was after the change."""

    yardstick: str
    change: float

    @property
    def drift(self) -> float:
        """By which share it changed, in either direction."""
        return max(self.change, 1 / self.change) - 1


def timings(first: Runs, second: Runs, machine: Machine) -> list[Compared]:
    """Every timing that is in some run."""
    results = [result for side in (first, second) for runs in side.values() for result in runs]
    measured = dict.fromkeys(name for result in results for name in result.measures)
    everywhere = {name for name in measured if all(name in result.measures for result in results)}
    names = [ACK[0], *(f"{latency}{share}" for latency in LATENCIES for share in SHARES)]
    costs = _costs(sorted(measured), everywhere)
    deciding = {*costs, next((name for name in ACK if name in everywhere), "")}
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
    scaled = _values(name, first, machine.yardstick), _values(name, second, machine.yardstick)
    by_machine = bool(machine.yardstick) and follows(raw, scaled)
    found = _shift_of(*(scaled if by_machine else raw))
    if found is None:
        return Compared(name, "timing", "unknown", TOO_FEW, before, after)
    noise = max(FLOOR, machine.drift * FOLLOWED if by_machine else machine.drift)
    if name.endswith(TAIL):
        noise *= OF_TAIL
    change, reason = _told(found, noise, by_machine=by_machine)
    return Compared(name, "timing", change, reason, before, after, found, by_machine=by_machine, noise=noise)


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


def _not_comparable(values: tuple[Values, Values], before: Sequence[float], after: Sequence[float]) -> str:
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
