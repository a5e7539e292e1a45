"""Text for a comparison's values: labels, intervals, differences, ranks and tiers."""

import math
from collections.abc import Sequence
from typing import Final

from stockstorm.reports.compare.comparison import ACK, P50, P95, WORK_LABELS, Comparison, Entry, RateComparison
from stockstorm.reports.formats import TIER_NAMES, duration_text, measure_name, number_text, range_text
from stockstorm.reports.result import Interval, Verdict, counted
from stockstorm.reports.verdict.tiers import best_tier

VERDICTS: Final[dict[Verdict, str]] = {"valid": "passed", "invalid": "failed", "unknown": "unknown"}
LATENCIES: Final = (P50, P95, ACK)
SERIES_MIN: Final = 3  # seeds that are shown as a range


def title(measure: str) -> str:
    """The label of a measure."""
    return WORK_LABELS.get(measure) or measure_name(measure)


def value_text(measure: str, value: float | None) -> str:
    """One value: a duration for latencies, else a number of about three digits."""
    if value is None or math.isnan(value):
        return "–"
    if measure in LATENCIES:
        return duration_text(value)
    if measure == "work.cores":
        return f"{value:.2f}"
    return number_text(round(value, 1)) if abs(value) < 1_000 else number_text(round(value))


def spread_text(measure: str, interval: Interval | None) -> str:
    """The interval of a measure, such as `390 to 440 ms`. Empty without an interval."""
    if interval is None or interval.low is None or interval.high is None or math.isinf(interval.low):
        return ""
    if measure in LATENCIES:
        return range_text(interval.low, interval.high)
    return f"{value_text(measure, interval.low)} to {value_text(measure, interval.high)}"


def difference_text(measure: str, value: float) -> str:
    """A difference: `+3.2 s`, `−12`, `±0`."""
    text = "∞" if math.isinf(value) else value_text(measure, abs(value))
    if text in {"0", "0 ms", "0.00"}:
        return "±0"
    return f"{'+' if value > 0 else '−'}{text}"


def difference_range_text(measure: str, interval: Interval) -> str:
    """The interval of a difference: `−2 to +4`. Empty without an interval."""
    if interval.low is None or interval.high is None:
        return ""
    return f"{difference_text(measure, interval.low)} to {difference_text(measure, interval.high)}"


def tier_text(entry: Entry) -> str:
    """The strictest tier that an entry qualifies for, "none", or "unknown"."""
    best = best_tier(entry.tiers)
    if best is not None:
        return TIER_NAMES.get(best.tier, best.tier)
    if not entry.tiers or any(tier.verdict == "unknown" for tier in entry.tiers):
        return "unknown"
    return "none"


def rank_text(entry: Entry) -> str:
    """The rank, or a dash for an entry without one."""
    return "–" if entry.rank is None else str(entry.rank)


def bound_text(entry: Entry) -> str:
    """The upper bound that no oversell in these sell-outs gives. Empty when there were oversells."""
    if entry.bound_per_exposure is None:
        return ""
    return f"none in {counted(entry.exposures, 'sell-out')}: at most {entry.bound_per_exposure * 100:.2g} % of them"


def seeds_text(seeds: Sequence[int]) -> str:
    """`seed 7`, `seeds 1 to 5`, `seeds 1, 4 and 7`."""
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if len(seeds) >= SERIES_MIN and list(seeds) == list(range(seeds[0], seeds[-1] + 1)):
        return f"seeds {seeds[0]} to {seeds[-1]}"
    return f"seeds {', '.join(map(str, seeds[:-1]))} and {seeds[-1]}"


def rate_text(at_rate: RateComparison) -> str:
    """`at 200 events/s`."""
    return "at the scenario's own rates" if at_rate.rate is None else f"at {at_rate.rate:g} events/s"


def size_text(comparison: Comparison) -> str:
    """Subjects, seeds and runs of a comparison, in one line."""
    matrix = comparison.matrix
    runs = sum(len(entry.runs) for at_rate in comparison.by_rate for entry in at_rate.entries)
    entries = len(matrix.subjects) * len(matrix.safety_stocks)
    planned = entries * len(matrix.seeds) * len(matrix.rates)
    runs_text = counted(runs, "run") if comparison.complete else f"{runs} of {counted(planned, 'run')}"
    noun = "subject" if len(matrix.safety_stocks) == 1 else "combination"
    return f"{entries} {noun}{'' if entries == 1 else 's'} · {seeds_text(matrix.seeds)} · {runs_text}"
