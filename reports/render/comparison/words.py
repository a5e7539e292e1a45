"""How a comparison's values are written: with intervals, with signs, with what they are called."""

import math
from collections.abc import Sequence
from typing import Final

from stockstorm.reports.compare.comparison import ACK, LOST, OVERSOLD, P50, P95, Board, Comparison, Entry
from stockstorm.reports.formats import TIER_NAMES, duration_text, number_text, range_text
from stockstorm.reports.result import Interval, Verdict, counted
from stockstorm.reports.verdict.tiers import best_tier

TITLES: Final = {
    P50: "sync latency, median",
    P95: "sync latency, p95",
    ACK: "ack time, p99",
    OVERSOLD: "oversold units",
    LOST: "lost units",
    "refused.attempts": "refused though available",
    "work.cores": "CPU (cores)",
    "work.cost_points": "API cost points",
    "work.statements": "database statements",
}
PROMISES: Final[dict[Verdict, str]] = {"valid": "as promised", "invalid": "not as promised", "unknown": "unknown"}
LATENCIES: Final = (P50, P95, ACK)
RUN_OF_NUMBERS: Final = 3


def amount(measure: str, value: float | None) -> str:
    """One value: a duration for latencies, else a number of three digits or so."""
    if value is None or math.isnan(value):
        return "–"
    if measure in LATENCIES:
        return duration_text(value)
    if measure == "work.cores":
        return f"{value:.2f}"
    return number_text(round(value, 1)) if abs(value) < 1_000 else number_text(round(value))


def span(measure: str, interval: Interval | None) -> str:
    """`390 ms to 440 ms`, or nothing without an interval."""
    if interval is None or interval.low is None or interval.high is None or math.isinf(interval.low):
        return ""
    if measure in LATENCIES:
        return range_text(interval.low, interval.high)
    return f"{amount(measure, interval.low)} to {amount(measure, interval.high)}"


def signed(measure: str, value: float) -> str:
    """A difference: `+3.2 s`, `−12`, `±0`."""
    text = "∞" if math.isinf(value) else amount(measure, abs(value))
    if text in {"0", "0 ms", "0.00"}:
        return "±0"
    return f"{'+' if value > 0 else '−'}{text}"


def signed_span(measure: str, interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return ""
    return f"{signed(measure, interval.low)} to {signed(measure, interval.high)}"


def tier_text(entry: Entry) -> str:
    """The strictest tier that an entry qualifies for."""
    best = best_tier(entry.tiers)
    if best is not None:
        return TIER_NAMES.get(best.tier, best.tier)
    if not entry.tiers or any(tier.verdict == "unknown" for tier in entry.tiers):
        return "cannot be told"
    return "none"


def rank_text(entry: Entry) -> str:
    return "–" if entry.rank is None else str(entry.rank)


def bound_text(entry: Entry) -> str:
    """What seeing no oversell at all is worth."""
    if entry.bound_per_exposure is None:
        return ""
    return f"none in {counted(entry.exposures, 'sell-out')}: at most {entry.bound_per_exposure * 100:.2g} % of them"


def seeds_text(seeds: Sequence[int]) -> str:
    """`seed 7`, `seeds 1 to 5`, `seeds 1, 4 and 7`."""
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if len(seeds) >= RUN_OF_NUMBERS and list(seeds) == list(range(seeds[0], seeds[-1] + 1)):
        return f"seeds {seeds[0]} to {seeds[-1]}"
    return f"seeds {', '.join(map(str, seeds[:-1]))} and {seeds[-1]}"


def rate_text(board: Board) -> str:
    return "at the scenario's own rates" if board.rate is None else f"at {board.rate:g} events/s"


def extent(comparison: Comparison) -> str:
    """How much was compared, in one line."""
    matrix = comparison.matrix
    runs = sum(len(entry.runs) for board in comparison.boards for entry in board.entries)
    entries = len(matrix.subjects) * len(matrix.safety_stocks)
    all_ = entries * len(matrix.seeds) * len(matrix.rates)
    played = counted(runs, "run") if comparison.complete else f"{runs} of {counted(all_, 'run')}"
    noun = "subject" if len(matrix.safety_stocks) == 1 else "combination"
    return f"{entries} {noun}{'' if entries == 1 else 's'} · {seeds_text(matrix.seeds)} · {played}"
