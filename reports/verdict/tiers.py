"""Which tiers of sync latency a run qualifies for, by the 95th percentile and its confidence interval.

A run qualifies if the interval's upper end is below the limit, and fails if its lower end is at or above it. Otherwise
the tier is unknown. The interval that includes moot pairs, whose latencies are lower bounds, must qualify too.
Correctness comes first: a run with lost, doubled or drifted effects qualifies for no tier. A scenario with the traffic
of a looser tier is weak evidence for a stricter one, and the reason says so.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from stockstorm.reports.checkers import CORRECTNESS
from stockstorm.reports.checkers.sync_latency import too_few, with_moot
from stockstorm.reports.history.level import LEVEL
from stockstorm.reports.result import Check, Interval, TierOutcome, Verdict
from stockstorm.scenarios.spec import Scenario
from stockstorm.scenarios.tiers import TIERS

LIMITS_MS: Final = {tier.name: float(tier.limit_ms) for tier in TIERS}
HOLDING: Final = ("delay", "reorder")  # perturbations that make a delivery due later
NOT_RANKED: Final = "not ranked, because the run is not correct: "
FIRED: Final = "sync_latency_ms.p95"
VISIBLE: Final = "sync_latency_visible_ms.p95"


def judged_measure(scenario: Scenario) -> str:
    """The measure that tiers read: from fired, or from visible if the scenario holds deliveries back."""
    return VISIBLE if any(entry.kind in HOLDING for entry in scenario.perturbations) else FIRED


def basis(measure: str) -> str:
    """Where a sync latency starts to count, in words."""
    if measure == VISIBLE:
        return "counted from when the subject could see the change, since this scenario holds deliveries back"
    return "counted from when the change happened"


def judge_tiers(
    scenario: Scenario,
    checks: Sequence[Check],
    measures: Mapping[str, float],
    intervals: Mapping[str, Interval],
    unreliable: str = "",
) -> tuple[TierOutcome, ...]:
    """One outcome per tier, loosest first. `unreliable`: why no latency of this run can be judged, if so."""
    measure = judged_measure(scenario)
    barred = _barred(checks, unreliable)
    outcomes = []
    for tier, limit_ms in LIMITS_MS.items():
        verdict, reason = barred or _latency(measure, limit_ms, measures, intervals)
        if verdict == "valid":
            reason += _traffic(scenario, limit_ms)
        outcomes.append(TierOutcome(tier, limit_ms, verdict, reason))
    return tuple(outcomes)


def best_tier(tiers: Sequence[TierOutcome]) -> TierOutcome | None:
    """The strictest tier that the run qualifies for."""
    qualified = [tier for tier in tiers if tier.verdict == "valid"]
    return min(qualified, key=lambda tier: tier.limit_ms, default=None)


def ranked(tier: TierOutcome) -> bool:
    """Whether the tier says something of the latency. It says nothing where the run is not correct."""
    return not tier.reason.startswith(NOT_RANKED)


def _traffic(scenario: Scenario, limit_ms: float) -> str:
    """A remark on a tier that is stricter than the one whose traffic the scenario has. Else empty."""
    if scenario.tier is None or LIMITS_MS[scenario.tier] <= limit_ms:
        return ""
    return "; on the traffic of a smaller shop, so run this tier's own scenario too"


def _barred(checks: Sequence[Check], unreliable: str) -> tuple[Verdict, str] | None:
    by_name = {check.name: check for check in checks}
    for name in CORRECTNESS:
        check = by_name.get(name)
        if check is not None and check.verdict == "invalid":
            return "invalid", f"{NOT_RANKED}{name.replace('_', ' ')}: {check.reason}"
    latency = by_name.get("sync_latency")
    if latency is not None and latency.reason.startswith(LEVEL):
        return "unknown", latency.reason
    if unreliable:
        return "unknown", unreliable
    for name in CORRECTNESS:
        check = by_name.get(name)
        if check is None or check.verdict == "unknown":
            why = "it was not checked" if check is None else check.reason
            return "unknown", f"correctness is unknown ({name}: {why})"
    return None


def _latency(
    measure: str, limit_ms: float, measures: Mapping[str, float], intervals: Mapping[str, Interval]
) -> tuple[Verdict, str]:
    interval = intervals.get(measure)
    value = measures.get(measure) if interval is None else interval.value
    if few := too_few(measure, measures):
        return "unknown", few
    if value is None:
        return "unknown", f"{measure} was not measured"
    if math.isinf(value):
        return "invalid", f"p95 is infinite: more than 5 % of the owed changes were never reflected; {basis(measure)}"
    if interval is None or interval.low is None or interval.high is None:
        return "unknown", f"p95 is {value:,.0f} ms, but there is too little data for an interval; {basis(measure)}"
    seen = f"p95 {value:,.0f} ms (95 % interval {interval.low:,.0f} to {interval.high:,.0f}), {basis(measure)}"
    verdict = _against(limit_ms, interval.low, interval.high)
    if verdict != "invalid" and (doubt := _moot(measure, limit_ms, measures, intervals)) is not None:
        return doubt[0], f"{doubt[1]}; without them {seen}"
    return verdict, f"the interval straddles the limit: {seen}" if verdict == "unknown" else seen


def _moot(
    measure: str, limit_ms: float, measures: Mapping[str, float], intervals: Mapping[str, Interval]
) -> tuple[Verdict, str] | None:
    """The verdict and reason against a tier when moot pairs count. None if there is no objection."""
    interval = intervals.get(with_moot(measure))
    least = measures.get(with_moot(measure), 0.0) if interval is None else interval.value
    verdict: Verdict = "unknown" if least >= limit_ms else "valid"
    span = ""
    if interval is not None and interval.low is not None and interval.high is not None:
        verdict = _against(limit_ms, interval.low, interval.high)
        span = f" (95 % interval {interval.low:,.0f} to {interval.high:,.0f})"
    if verdict == "valid":
        return None
    return verdict, f"p95 is at least {least:,.0f} ms{span} with the changes that became moot before a push came"


def _against(limit_ms: float, low: float, high: float) -> Verdict:
    if high < limit_ms:
        return "valid"
    return "invalid" if low >= limit_ms else "unknown"
