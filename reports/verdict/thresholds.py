"""Thresholds: each line of a scenario's [expect], compared with its measure."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from stockstorm.reports.checkers import checker_of, is_speed, measure_of
from stockstorm.reports.checkers.sync_latency import too_few, with_moot
from stockstorm.reports.result import Check, Finding, Interval, ThresholdOutcome, Verdict
from stockstorm.scenarios.conditions import Condition, parse_condition

# What a channel sells before it can know better. A generator that is late adds to it, and takes nothing from it.
FOLLOW_FROM_SPEED: Final = frozenset({"oversell", "refused_though_available", "lost_units", "crisis_time"})
Machine = Callable[[str], tuple[float, str] | None]
SUFFIXES: Final = {"ms": " ms", "s": " s", "MiB": " MiB", "per second": "/s"}  # by unit


def read_expect(expect: Mapping[str, Any]) -> dict[str, Condition]:
    """Conditions by measure. Raises `ScenarioError` for the first that cannot be read, with key, value and remedy."""
    return {measure: parse_condition(f'expect."{measure}"', text) for measure, text in expect.items()}


def judged_check(measure: str) -> str:
    """The check that a measure belongs to: `refused.units` → `refused_though_available`. Itself if none declares it."""
    checker = checker_of(measure)
    return checker.name if checker else measure


def judge_thresholds(
    expect: Mapping[str, Any],
    checks: Sequence[Check],
    measures: Mapping[str, float],
    intervals: Mapping[str, Interval],
    unreliable: str = "",
    machine: Machine = lambda _: None,
) -> tuple[ThresholdOutcome, ...]:
    """One outcome per line, in the scenario's order. `unreliable`: why no speed of this run can be judged, if so.

    `machine`: what a measure is at least without the waits that other programs of the machine caused, and what is seen
    of them; None: there were none.
    """
    owners = {measure: check for check in checks for measure in check.measures}
    excused = {check.name: check.reason for check in checks if check.verdict == "not_exercised"}
    outcomes = []
    for measure, condition in read_expect(expect).items():
        found = measures.get(measure)
        if found is None and (excuse := excused.get(judged_check(measure))):
            outcomes.append(ThresholdOutcome(measure, str(condition), None, "not_exercised", excuse))
            continue
        verdict, reason = _outcome(measure, condition, found, owners.get(measure), unreliable)
        if verdict == "invalid" and (excuse := _by_the_machine(measure, condition, owners.get(measure), machine)):
            verdict = "unknown"
            reason += excuse
        interval = intervals.get(measure)
        if verdict != "unknown":
            reason += _within(interval, measure)
        outcomes.append(ThresholdOutcome(measure, str(condition), found, verdict, reason))
    return tuple(outcomes)


def _by_the_machine(measure: str, condition: Condition, owner: Check | None, machine: Machine) -> str:
    """What is told where the machine alone may have broken a limit; empty if it cannot have.

    With the pairs that became moot, the limit has to hold as well.
    """
    judged = [measure] + [with_moot(measure)] * (owner is not None and with_moot(measure) in owner.measures)
    least = [machine(one) for one in judged]
    known = [one for one in least if one is not None and condition.holds(one[0])]
    if len(known) < len(judged):
        return ""
    most, seen = max(known)
    return f"; without waits for a CPU it may be as low as {_amount(measure, most)}: {seen}"


def in_words(measure: str) -> str:
    """The label of a measure, with what its `*` stands for: "oversold units of bazaar"; its name if it has no label."""
    found = measure_of(measure)
    if found is None:
        return measure
    parts = zip(found.name.split("."), measure.split("."), strict=False)
    of = ", ".join(part for pattern, part in parts if pattern == "*")
    return f"{found.label} of {of}" if of else found.label


def _within(interval: Interval | None, measure: str) -> str:
    """The interval in brackets; empty without one, and where even its lower end is infinite."""
    if interval is None or interval.low is None or interval.high is None or math.isinf(interval.low):
        return ""
    return f" (95 % interval {_number(interval.low)} to {_amount(measure, interval.high)})"


def _outcome(
    measure: str, condition: Condition, found: float | None, owner: Check | None, unreliable: str
) -> tuple[Finding, str]:
    if found is None or math.isnan(found):
        return "unknown", f"{in_words(measure)}: not measured"
    if doubt := _doubt(measure, owner, unreliable):
        return "unknown", doubt
    shown, wanted = _amount(measure, found), f"{condition}{_suffix(measure)}"
    if owner is not None and owner.at_least and _grows(measure):
        return _outcome_of_bound(measure, condition, found, owner.at_least)
    if condition.holds(found):
        least = owner.measures.get(with_moot(measure), found) if owner is not None else found
        if least > found and not condition.holds(least):
            return "invalid", (
                f"{in_words(measure)}: {shown}, but at least {_amount(measure, least)} with the changes that "
                f"became moot before a push came; wanted {wanted}"
            )
        return _holds(f"{in_words(measure)}: {shown}", condition, owner)
    return _breaks(f"{in_words(measure)}: {shown}, wanted {wanted}", measure, unreliable)


def _breaks(seen: str, measure: str, unreliable: str) -> tuple[Finding, str]:
    if unreliable and judged_check(measure) in FOLLOW_FROM_SPEED:
        return "unknown", f"{seen}, but news came late to the service: {unreliable}"
    return "invalid", seen


def _holds(seen: str, condition: Condition, owner: Check | None) -> tuple[Finding, str]:
    if owner is not None and owner.verdict == "not_exercised":
        return "not_exercised", f"{seen}, but {owner.reason}"
    return "valid", f"{seen}, as wanted ({condition})"


def _outcome_of_bound(measure: str, condition: Condition, least: float, why: str) -> tuple[Verdict, str]:
    """For a value that is at least `least`. It is judged only where every higher value would be judged the same."""
    wanted = f"{condition}{_suffix(measure)}"
    seen = f"{in_words(measure)}: at least {_amount(measure, least)}, because {why}; wanted {wanted}"
    if condition.holds(least) != condition.holds(math.inf):
        return "unknown", seen
    return ("valid" if condition.holds(least) else "invalid"), seen


def _grows(measure: str) -> bool:
    """Whether pending work can only add to this measure, as to a latency or to a number of failures."""
    found = measure_of(measure)
    return found is not None and found.more_is_worse is True


def _doubt(measure: str, owner: Check | None, unreliable: str) -> str:
    """Why a measure that has a value is not judged. Empty if it is."""
    if unreliable and is_speed(measure):
        return unreliable
    if owner is None:
        return ""
    if owner.verdict == "not_exercised":
        return ""
    return owner.reason if owner.verdict == "unknown" else too_few(measure, owner.measures)


def _amount(measure: str, value: float) -> str:
    """A value with its unit, in which the condition is too."""
    return _number(value) if math.isinf(value) else f"{_number(value)}{_suffix(measure)}"


def _suffix(measure: str) -> str:
    found = measure_of(measure)
    return SUFFIXES.get(found.unit, "") if found else ""


def _number(value: float) -> str:
    """Four digits: the exact value is in `ThresholdOutcome.found`."""
    if math.isinf(value):
        return "infinite"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
