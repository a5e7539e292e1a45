"""Text for numbers and times, the same in terminal, HTML and Markdown. Units come from a measure's name."""

import math
from datetime import UTC, datetime
from typing import Final

from stockstorm.reports.result import Interval, Result, TierOutcome, Verdict, counted
from stockstorm.reports.verdict.tiers import best_tier
from stockstorm.scenarios.tiers import TIERS

SIGNS: Final[dict[Verdict, str]] = {"valid": "✓", "invalid": "✕", "unknown": "?"}
TIER_NAMES: Final[dict[str, str]] = {tier.name: tier.title for tier in TIERS}
STATISTICS: Final = frozenset({"p50", "p95", "p99", "max"})
NAMES: Final = {
    "ack_time_ms.p50": "ack time, median",
    "ack_time_ms.p95": "ack time, p95",
    "ack_time_ms.p99": "ack time, p99",
    "ack_time_ms.max": "ack time, longest",
    "sync_latency_ms.p50": "sync latency, median",
    "sync_latency_ms.p95": "sync latency, p95",
    "sync_latency_ms.p99": "sync latency, p99",
    "sync_latency_ms.max": "sync latency, longest",
    "sync_latency_ms.owed": "changes owed to a channel",
    "sync_latency_visible_ms.p50": "sync latency from visible, median",
    "sync_latency_visible_ms.p95": "sync latency from visible, p95",
    "sync_latency_visible_ms.p99": "sync latency from visible, p99",
    "sync_latency_visible_ms.max": "sync latency from visible, longest",
    "order_latency_ms.p95": "order latency, p95",
    "oversell.incidents": "oversells",
    "oversell.units": "oversold units",
    "oversell.value": "oversold value",
    "oversell.exposures": "sell-outs across channels",
    "oversell.bound_per_exposure": "share of sell-outs oversold, at most",
    "lost.events": "events lost",
    "applied_twice.orders": "orders applied twice",
    "forged.accepted": "forged deliveries accepted",
    "drift.listings": "listings drifted",
    "drift.orders": "orders drifted",
    "stale_overwrite.pushes": "stale overwrites",
    "unexplained_push.pushes": "unexplained pushes",
    "delivery.offered_per_s": "offered load",
    "delivery.throughput_per_s": "throughput",
    "delivery_success.first_try_share": "acknowledged at the first try",
    "refused.attempts": "refused though available",
    "lost_units.units": "lost units",
    "crisis_time_s.total": "crisis time",
    "generator.lateness_ms.p99": "generator lateness, p99",
}


def measure_name(measure: str) -> str:
    """A measure's label, or its raw name when it has none."""
    return NAMES.get(measure, measure)


def measure_text(measure: str, value: float | None, currency: str = "") -> str:
    """A measure's value with its unit."""
    if value is None or math.isnan(value):
        return "not measured"
    parts = measure.split(".")
    scale = _milliseconds(parts)
    if scale:
        return duration_text(value * scale)
    if parts[-1].endswith("_per_s"):
        return f"{value:,.4g}/s"
    if parts[-1].endswith(("share", "per_exposure")):
        return f"{value * 100:.4g} %"
    if parts[-1] == "value":
        return money_text(value, currency)
    return number_text(value)


def _milliseconds(parts: list[str]) -> float:
    """Milliseconds per unit of a measure of time. 0 for other measures: counts and latencies share a prefix."""
    if parts[0].endswith("_s"):
        return 1000
    return 1 if parts[-1] in STATISTICS and any(part.endswith("_ms") for part in parts) else 0


def duration_text(ms: float) -> str:
    """Milliseconds as `0.42 ms`, `412 ms`, `1.84 s`, `12.5 min` or `never`."""
    if math.isinf(ms):
        return "never"
    if abs(ms) < 10:
        return f"{ms:.2g} ms" if ms else "0 ms"
    if abs(ms) < 1000:
        return f"{ms:.0f} ms"
    if abs(ms) < 120_000:
        return f"{ms / 1000:.3g} s"
    return f"{ms / 60_000:.3g} min"


def range_text(low_ms: float, high_ms: float) -> str:
    """Two durations as `390 to 440 ms`, or `950 ms to 1.2 s` where they differ in unit."""
    low, high = duration_text(low_ms), duration_text(high_ms)
    number, _, unit = low.partition(" ")
    return f"{number if unit and high.endswith(f' {unit}') else low} to {high}"


def number_text(value: float) -> str:
    """A number with thousands separators."""
    if math.isinf(value):
        return "∞"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def money_text(amount: float, currency: str) -> str:
    """An amount in currency units (pounds, not pence)."""
    return f"{amount:,.2f} {currency}".strip()


def interval_text(interval: Interval | None) -> str:
    """`95 % interval 1.1 s to 1.6 s`, or why there is no interval."""
    if interval is None or interval.low is None or interval.high is None:
        return "too little data for an interval"
    return f"95 % interval {duration_text(interval.low)} to {duration_text(interval.high)}"


def wall_text(wall_ns: int) -> str:
    """Wall time in UTC to the second."""
    return datetime.fromtimestamp(wall_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def tier_name(tier: TierOutcome) -> str:
    return TIER_NAMES.get(tier.tier, tier.tier)


def tier_headline(result: Result) -> str:
    """The strictest tier that the run qualifies for, as the end of a sentence about the subject."""
    best = best_tier(result.tiers)
    if best is not None:
        return f"qualifies for {tier_name(best)}"
    if any(tier.verdict == "unknown" for tier in result.tiers):
        return "cannot be assigned a tier"
    return "qualifies for no tier"


def oversell_summary(result: Result) -> str:
    """Oversells in one sentence, with an upper bound if there were none. Empty when they were not measured."""
    units, exposures = result.measures.get("oversell.units"), result.measures.get("oversell.exposures")
    if units is None or exposures is None:
        return ""
    over = f"{counted(int(exposures), 'sell-out')} across channels"
    if units:
        return f"{counted(int(units), 'unit')} oversold in {over}"
    bound = result.measures.get("oversell.bound_per_exposure")
    if bound is None:
        return "no oversell, but nothing sold out across channels, so this is weak evidence"
    share = measure_text("oversell.bound_per_exposure", bound)
    return f"no oversell in {over}, so at most {share} of them are oversold (at 95 %)"
