"""Whether a change made a service worse: two sets of judged runs of the same plans, compared.

*Counts* are compared exactly. A check of correctness counts what must never occur: a count that is higher in any run
than in every run before is a regression. A check that held in every run before and fails now is one as well.
*Timings* vary from run to run. Their factor has an exact interval over the runs. It counts as changed when the whole
interval lies beyond the noise: `FLOOR`, or more where the load generator itself, which does the same work in every run,
took more or less CPU: then the machine had changed.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final, Literal

import msgspec

from stockstorm.reports.checkers import CORRECTNESS, measure_of
from stockstorm.reports.formats import measure_text
from stockstorm.reports.regress.plans import Plan, by_plan, require_same_plans
from stockstorm.reports.result import Incident, Result, counted
from stockstorm.reports.statistics.shift import Shift, paired_shift, shift

Change = Literal["regressed", "improved", "same", "unknown"]
FLOOR: Final = 0.05  # the smallest change of a timing that counts
SEEN: Final = 3  # times the noise: a slow-down up to which "same" is certain enough
LATENCIES: Final = ("ack_time_ms", "sync_latency_ms", "order_latency_ms")
SHARES: Final = ("p50", "p95")
MACHINE: Final = "resources.generator.cores"  # the same work in each run of a plan
HARNESS: Final = ("generator", "orchestrator")
INCIDENTS_SHOWN: Final = 5


class Compared(msgspec.Struct, frozen=True):
    """One thing that was compared. `before`, `after`: its value in each run; of a check, how many runs failed it."""

    name: str  # of the measure or check
    kind: Literal["check", "count", "timing"]
    change: Change
    reason: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    shift: Shift | None = None  # of a timing
    incidents: tuple[Incident, ...] = ()  # of the runs after, where it regressed


class Regression(msgspec.Struct, frozen=True):
    """What a change did. `noise`: the share by which a timing must change to count."""

    change: Change
    reasons: tuple[str, ...]
    compared: tuple[Compared, ...]
    noise: float
    before: tuple[str, ...]  # run ids
    after: tuple[str, ...]
    plans: tuple[str, ...]  # "smoke, seed 1"
    seconds: float  # of load in all runs


def regression(before: Sequence[Result], after: Sequence[Result]) -> Regression:
    """Compares. Raises ScenarioError when the sets do not have the same plans."""
    first, second = by_plan(before), by_plan(after)
    require_same_plans(first, second)
    noise = _noise(first, second)
    compared = [*_checks(before, after), *_counts(before, after), *_timings(first, second, noise)]
    change, reasons = _overall(compared, before, after)
    return Regression(
        change=change,
        reasons=reasons,
        compared=tuple(compared),
        noise=noise,
        before=tuple(result.run for result in before),
        after=tuple(result.run for result in after),
        plans=tuple(plan.text for plan in first),
        seconds=sum(result.duration_ns for result in (*before, *after)) / 1e9,
    )


def _overall(
    compared: Sequence[Compared], before: Sequence[Result], after: Sequence[Result]
) -> tuple[Change, tuple[str, ...]]:
    for change in ("regressed", "improved"):
        found = tuple(f"{one.name}: {one.reason}" for one in compared if one.change == change)
        if found and (change == "regressed" or not _unjudged(after)):
            return change, found
    if unjudged := _unjudged(after) or _unjudged(before):
        return "unknown", (unjudged,)
    timings = [one for one in compared if one.kind == "timing"]
    unclear = [one for one in timings if one.change == "unknown"]
    if timings and len(unclear) == len(timings):
        return "unknown", (f"no timing could be compared: {unclear[0].reason}",)
    left = f"; {counted(len(unclear), 'timing')} could not be compared" if unclear else ""
    return "same", (f"no count is higher, no check fails newly, no timing changed beyond the noise{left}",)


def _unjudged(results: Sequence[Result]) -> str:
    unknown = [result for result in results if result.verdict == "unknown"]
    if len(unknown) < len(results) or not unknown:
        return ""
    return f"no run is judged: {unknown[0].run} is unknown, {unknown[0].reasons[0] if unknown[0].reasons else ''}"


def _checks(before: Sequence[Result], after: Sequence[Result]) -> list[Compared]:
    names = dict.fromkeys(check.name for result in (*before, *after) for check in result.checks)
    return [found for name in names if (found := _check(name, before, after)) is not None]


def _check(name: str, before: Sequence[Result], after: Sequence[Result]) -> Compared | None:
    """None: it was never judged on one side."""
    sides = []
    for results in (before, after):
        judged = [check for result in results for check in result.checks if check.name == name]
        sides.append([check for check in judged if check.verdict in {"valid", "invalid"}])
    if not all(sides):
        return None
    failed = [sum(check.verdict == "invalid" for check in side) for side in sides]
    told = f"failed in {failed[0]} of {len(sides[0])} runs before, in {failed[1]} of {len(sides[1])} after"
    values = [tuple(float(check.verdict == "invalid") for check in side) for side in sides]
    change: Change = "same"
    incidents: tuple[Incident, ...] = ()
    if failed[1] and not failed[0]:
        worst = next(check for check in sides[1] if check.verdict == "invalid")
        change, incidents, told = "regressed", worst.incidents[:INCIDENTS_SHOWN], f"{told}: {worst.reason}"
    elif failed[0] == len(sides[0]) and not failed[1]:
        change = "improved"
    return Compared(name, "check", change, told, values[0], values[1], incidents=incidents)


def _counts(before: Sequence[Result], after: Sequence[Result]) -> list[Compared]:
    """Counts of the checks of correctness, of which more is worse."""
    found = []
    for check in CORRECTNESS:
        names = dict.fromkeys(
            name for result in (*before, *after) for one in result.checks if one.name == check for name in one.measures
        )
        found += [_count(name, before, after) for name in names if _worse_if_more(name)]
    return found


def _worse_if_more(name: str) -> bool:
    measure = measure_of(name)
    return measure is not None and measure.unit in {"count", "units"} and measure.more_is_worse is True


def _count(name: str, before: Sequence[Result], after: Sequence[Result]) -> Compared:
    first, second = ([result.measures[name] for result in side if name in result.measures] for side in (before, after))
    if not first or not second:
        side = "before" if not first else "after"
        return Compared(name, "count", "unknown", f"no run {side} has it", tuple(first), tuple(second))
    texts = [measure_text(name, max(values)) for values in (first, second)]
    told = f"at most {texts[0]} before, {texts[1]} after"
    change: Change = "same"
    if max(second) > max(first):
        change = "regressed"
    elif max(second) < min(first):
        change = "improved"
    return Compared(name, "count", change, told, tuple(first), tuple(second))


def _noise(first: Mapping[Plan, Sequence[Result]], second: Mapping[Plan, Sequence[Result]]) -> float:
    """How much a timing varies for reasons that are not the service's."""
    sides = [
        [math.log(result.measures[MACHINE]) for result in side[plan] if result.measures.get(MACHINE, 0) > 0]
        for plan in first
        for side in (first, second)
    ]
    drifts = [
        abs(_mean(later) - _mean(earlier))
        for earlier, later in zip(sides[::2], sides[1::2], strict=True)
        if earlier and later
    ]
    return max(FLOOR, math.exp(_mean(drifts)) - 1) if drifts else FLOOR


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _timings(
    first: Mapping[Plan, Sequence[Result]], second: Mapping[Plan, Sequence[Result]], noise: float
) -> list[Compared]:
    results = [result for side in (first, second) for runs in side.values() for result in runs]
    processes = dict.fromkeys(name for result in results for name in result.measures if _is_cost(name))
    names = [*(f"{latency}.{share}" for latency in LATENCIES for share in SHARES), *sorted(processes)]
    present = [name for name in names if any(name in result.measures for result in results)]
    return [_timing(name, first, second, noise) for name in present]


def _is_cost(name: str) -> bool:
    parts = name.split(".")
    return parts[0] == "resources" and parts[-1] == "cores" and parts[1] not in HARNESS


def _timing(
    name: str, first: Mapping[Plan, Sequence[Result]], second: Mapping[Plan, Sequence[Result]], noise: float
) -> Compared:
    values = [
        [[result.measures[name] for result in side[plan] if name in result.measures] for plan in first]
        for side in (first, second)
    ]
    before, after = (tuple(value for runs in side for value in runs) for side in values)
    complete = all(runs for side in values for runs in side)
    found = _shift_of(values[0], values[1]) if complete else None
    if found is None:
        return Compared(name, "timing", "unknown", _too_few(before, after, complete=complete), before, after)
    change, reason = _told(found, noise)
    return Compared(name, "timing", change, reason, before, after, found)


def _shift_of(before: Sequence[Sequence[float]], after: Sequence[Sequence[float]]) -> Shift | None:
    """One plan: its runs are two samples. Several: each plan gives one pair, the medians of its runs."""
    if len(before) == 1:
        return shift(before[0], after[0])
    return paired_shift([(median(first), median(second)) for first, second in zip(before, after, strict=True)])


def _too_few(before: Sequence[float], after: Sequence[float], *, complete: bool) -> str:
    if not complete:
        return "not measured in every plan"
    if any(not math.isfinite(value) or value <= 0 for value in (*before, *after)):
        return "in some run it is 0 or was never reached, so it has no factor"
    return "too few runs: it needs 4 of one plan on each side, or 6 plans"


def _told(found: Shift, noise: float) -> tuple[Change, str]:
    interval = f"{found.confidence:.1%} interval {_percent(found.low)} to {_percent(found.high)}"
    told = f"{_percent(found.factor)}, {interval}"
    if found.low > 1 + noise:
        return "regressed", told
    if found.high < 1 / (1 + noise):
        return "improved", told
    if found.high > 1 + SEEN * noise:
        return "unknown", f"{told}: it varies too much from run to run, so give more runs"
    return "same", told


def _percent(factor: float) -> str:
    return f"{(factor - 1) * 100:+.1f} %"
