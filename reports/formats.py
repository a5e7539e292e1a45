"""Text for numbers and times, the same in terminal, HTML and Markdown. Checkers declare units and labels."""

import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from stockstorm.reports.checkers import MEASURES, measure_of
from stockstorm.reports.checkers.exposed import exposure_text
from stockstorm.reports.result import Finding, Interval, Result, ThresholdOutcome, TierOutcome, TopicOutcome, counted
from stockstorm.reports.verdict.tiers import best_tier, ranked
from stockstorm.scenarios.tiers import TIERS

SIGNS: Final[dict[Finding, str]] = {"valid": "✓", "invalid": "✕", "unknown": "?", "not_exercised": "–", "measured": "·"}
UNITS_SHOWN: Final = frozenset({"ms", "s", "per second", "share"})
TIER_NAMES: Final[dict[str, str]] = {tier.name: tier.title for tier in TIERS}
NAMES: Final = {name: measure.label for name, measure in MEASURES.items() if measure.headline}


OF_SPEED: Final = frozenset({"ack_time", "sync_latency", "order_latency"})  # told by the tiers
EFFECTS: Final = {
    "once": "seen once",
    "twice": "seen twice",
    "none": "none seen",
    "not_judged": "none to be seen",
    "void": "none needed",
    "dead_lettered": "dead-lettered",
    "healed": "healed later",
}


def answers_text(topic: TopicOutcome) -> str:
    """How the events of a topic were answered: "200 (3 times), 503"."""
    return ", ".join(f"{answer} ({count} times)" if count > 1 else answer for answer, count in topic.answers.items())


def effects_text(topic: TopicOutcome) -> str:
    """Which effects were seen: "3 seen once, 1 superseded"; "seen once" of all of them."""
    if len(topic.effects) == 1:
        return next(EFFECTS.get(effect, effect) for effect in topic.effects)
    return ", ".join(f"{count} {EFFECTS.get(effect, effect)}" for effect, count in topic.effects.items())


def measure_name(measure: str) -> str:
    """A measure's label, or its raw name when it has none."""
    found = MEASURES.get(measure)
    return found.label if found else measure


def measure_text(measure: str, value: float | None, currency: str = "") -> str:
    """A measure's value with its unit."""
    if value is None or math.isnan(value):
        return "not measured"
    found = measure_of(measure)
    match found.unit if found else "count":
        case "ms" | "s" as unit:
            return duration_text(value * (1000 if unit == "s" else 1))
        case "per second":
            return f"{value:,.4g}/s"
        case "share":
            return f"{value * 100:.4g} %"
        case "money":
            return money_text(value, currency)
        case _:
            return number_text(value)


def condition_text(line: ThresholdOutcome) -> str:
    """What is wanted with its unit: `< 2 s` for `< 2000` of a latency. Unchanged where that cannot be read."""
    sign, _, number = line.condition.partition(" ")
    found = measure_of(line.measure)
    if found is None or found.unit not in UNITS_SHOWN:
        return line.condition
    with suppress(ValueError):
        return f"{sign} {measure_text(line.measure, float(number.replace('_', '')))}"
    return line.condition


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
    if math.isinf(interval.low):
        return "95 % interval: never throughout"
    return f"95 % interval {duration_text(interval.low)} to {duration_text(interval.high)}"


def wall_text(wall_ns: int) -> str:
    """Wall time in UTC to the second."""
    return datetime.fromtimestamp(wall_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock_text(wall_ns: int) -> str:
    """Time of day in UTC to the millisecond, as in a log."""
    return datetime.fromtimestamp(wall_ns / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]


def tested(result: Result) -> tuple[str, ...]:
    """What a valid run claims beyond speed: how often what its thresholds are about occurred."""
    if result.verdict != "valid":
        return ()
    wanted = {line.measure for line in result.thresholds}
    claims = []
    for check in result.checks:
        occurred = {words: count for words, count in check.exposure.items() if count}
        meant = check.name not in OF_SPEED and not wanted.isdisjoint(check.measures)
        if meant and occurred and check.verdict == "valid":
            claims.append(f"{check.name.replace('_', ' ')}: {exposure_text(occurred)}")
    return tuple(claims)


def tier_name(tier: TierOutcome) -> str:
    return TIER_NAMES.get(tier.tier, tier.tier)


def tier_mark(tier: TierOutcome) -> Finding:
    """What a tier is marked with: neutral where the run has no rank."""
    return tier.verdict if ranked(tier) else "not_exercised"


def tier_headline(result: Result) -> str:
    """The strictest tier that the run qualifies for, or why none, as the end of a sentence about the subject."""
    best = best_tier(result.tiers)
    if best is not None:
        return f"qualifies for {tier_name(best)}"
    if not all(map(ranked, result.tiers)):
        return "is not ranked by speed, because the run is not correct"
    if any(tier.verdict == "unknown" for tier in result.tiers):
        return "cannot be assigned a tier"
    return "is slower than every tier allows"


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
