"""Whether a change made a service worse: two sets of judged runs of the same plans, compared.

*Counts* are compared exactly. A check of correctness counts what must never occur: a count that is higher in any run
than in every run before is a regression. A check that held in every run before and fails now is one as well; one of
speed must fail in more than half of the runs, because a machine that stalls can fail it too.
*Timings* vary from run to run. Their factor has an exact interval over the runs, and counts as changed when the whole
interval lies beyond the noise (`timings`).
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from stockstorm.reports.checkers import CHECKERS, CORRECTNESS, measure_of
from stockstorm.reports.formats import measure_text
from stockstorm.reports.refused import Refused
from stockstorm.reports.regress.circumstances import other_machines, other_versions
from stockstorm.reports.regress.compared import Change, Compared, title
from stockstorm.reports.regress.machine import machine_of
from stockstorm.reports.regress.plans import by_plan, in_turns, require_same_plans
from stockstorm.reports.regress.timings import FLOOR, timings
from stockstorm.reports.result import Incident, Result, counted, verb

INCIDENTS_SHOWN: Final = 5
SPEED: Final = {checker.name: checker.speed for checker in CHECKERS}  # checks that a slow machine can fail as well


class Regression(msgspec.Struct, frozen=True):
    """What a change did. `noise`: the share by which a timing must change at least to count."""

    change: Change
    reasons: tuple[str, ...]
    compared: tuple[Compared, ...]
    noise: float
    before: tuple[str, ...]  # run ids
    after: tuple[str, ...]
    plans: tuple[str, ...]  # "smoke, seed 1"
    seconds: float  # of load in all runs
    machine: float = 1.0  # how many times as slow the machine was after the change
    delay: float = 1.0  # how many times as long it let work wait
    refused: tuple[str, ...] = ()  # runs without a result, and why
    in_turns: bool = True  # else a drift of the machine within minutes can look like a change
    apart: tuple[str, ...] = ()  # in what circumstances the sides were played otherwise
    unknown: tuple[str, ...] = ()  # runs of both sides without a verdict, and why


def regression(
    before: Sequence[Result], after: Sequence[Result], refused: tuple[Sequence[Refused], Sequence[Refused]] = ((), ())
) -> Regression:
    """Compares. `refused`: the runs of both sides that have no result. Raises ScenarioError when the plans differ."""
    first, second = by_plan(before), by_plan(after)
    require_same_plans(first, second)
    machine = machine_of(first, second)
    elsewhere = other_machines(before, after)
    timed = [_not_comparable(one, elsewhere) for one in timings(first, second, machine)]
    compared = [*_checks(before, after), *_counts(before, after), *timed]
    change, reasons = _overall(compared, before, after)
    if change != "regressed" and refused[1] and not refused[0]:
        which = f"{counted(len(refused[1]), 'run')} after the change {verb(len(refused[1]), 'were')} refused"
        change, reasons = "unknown", (f"{which}: {refused[1][-1].text}",)
    return Regression(
        change=change,
        reasons=reasons,
        compared=tuple(compared),
        noise=FLOOR,
        machine=machine.speed.change,
        delay=machine.delay.change,
        refused=tuple(one.text for side in refused for one in side),
        in_turns=in_turns(before, after),
        apart=tuple(filter(None, (elsewhere, other_versions(before, after)))),
        unknown=tuple(_why_unknown(result) for result in (*before, *after) if result.verdict == "unknown"),
        before=tuple(result.run for result in before),
        after=tuple(result.run for result in after),
        plans=tuple(plan.text for plan in first),
        seconds=sum(result.duration_ns for result in (*before, *after)) / 1e9,
    )


def _not_comparable(one: Compared, why: str) -> Compared:
    """A timing of two machines has changed with them; the same where nothing is said against it."""
    return msgspec.structs.replace(one, change="unknown", reason=why, shift=None) if why else one


def _overall(
    compared: Sequence[Compared], before: Sequence[Result], after: Sequence[Result]
) -> tuple[Change, tuple[str, ...]]:
    unjudged = _unjudged(after) or _unjudged(before)
    for change in ("regressed", "improved"):
        of_change = [one for one in compared if one.change == change]
        certain = [one for one in of_change if not unjudged or (change == "regressed" and one.kind != "timing")]
        if certain:
            return change, tuple(f"{title(one)}: {one.reason}" for one in certain)
    if unjudged:
        return "unknown", (unjudged,)
    timed = [one for one in compared if one.kind == "timing"]
    unclear = [one for one in compared if one.change == "unknown" and one.kind != "count"]
    if timed and all(one.change == "unknown" for one in timed):
        return "unknown", (f"no timing could be compared: {timed[0].reason}",)
    if noisy := [one for one in unclear if one.decides]:
        return "unknown", tuple(f"{title(one)}: {one.reason}" for one in noisy)
    left = f"; {counted(len(unclear), 'comparison')} without an answer" if unclear else ""
    return "same", (f"no count is higher, no check fails newly, no timing changed beyond the noise{left}",)


def _unjudged(results: Sequence[Result]) -> str:
    """Where no run of a side has a verdict: why. Its timings tell nothing, for example of a generator that was late."""
    unknown = [result for result in results if result.verdict == "unknown"]
    if len(unknown) < len(results) or not unknown:
        return ""
    return f"no run of a side is judged: {_why_unknown(unknown[0])}"


def _why_unknown(result: Result) -> str:
    return f"{result.run} is unknown{f', {result.reasons[0]}' if result.reasons else ''}"


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
    if failed[1] and not failed[0] and SPEED.get(name) and 2 * failed[1] <= len(sides[1]):
        change, told = "unknown", f"{told}: a machine that stalls once does that as well, so give more runs"
    elif failed[1] and not failed[0]:
        worst = next(check for check in sides[1] if check.verdict == "invalid")
        change, incidents, told = "regressed", worst.incidents[:INCIDENTS_SHOWN], f"{told}: {worst.reason}"
    elif failed[0] == len(sides[0]) and not failed[1]:
        change = "improved"
    return Compared(name, "check", change, told, values[0], values[1], incidents=incidents, decides=True)


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
