"""Sync latency by percentile, one curve an entry: how slow the slowest hundredth is, and which tier that meets."""

import math
from typing import Any

from stockstorm.reports.render.comparison.figures import Sheet
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.latency_distribution import SHARES
from stockstorm.reports.render.figures.layout import latency_axis, limit_line, line, rounded
from stockstorm.reports.verdict.tiers import LIMITS_MS


def curves(sheet: Sheet) -> Figure | None:
    """Percentile curves over all seeds, stretched towards the tail."""
    drawn = [entry for entry in sheet.played if entry.curve]
    if not drawn:
        return None
    values = [ms for entry in drawn for _, ms in entry.curve]
    low, high = max(1.0, min(values) * 0.8), max(*values, 3_000.0) * 1.5
    deepest = max(entry.curve[-1][0] for entry in drawn)
    traces = [
        line(
            entry.label,
            rounded([tail(share) for share, _ in entry.curve], 4),
            [max(low, ms) for _, ms in entry.curve],
            sheet.look(entry).colour,
            dash=sheet.look(entry).dash,
            width=2.5 if entry.correct == "valid" else 1.2,
            customdata=[round(share * 100, 3) for share, _ in entry.curve],
            hovertemplate="%{customdata:.4~f} % within %{y:,.0f} ms",
        )
        for entry in drawn
    ]
    limits = [limit_line(ms, f"tier {ms / 1000:g} s") for ms in LIMITS_MS.values() if low < ms < high]
    layout: dict[str, Any] = {
        "xaxis": {
            "range": [0, tail(deepest) * 1.04],
            "tickvals": [0, *(tail(share) for share in SHARES)],
            "ticktext": ["p0", *SHARES.values()],
            "title": {"text": "percentile (each step towards the right is rarer)"},
        },
        "yaxis": latency_axis("sync latency", low, high),
        "shapes": [shape for shape, _ in limits],
        "annotations": [note | {"x": 0, "xanchor": "left", "xshift": 4} for _, note in limits],
    }
    stopped = [f"{entry.label} {entry.never:,}" for entry in drawn if entry.never]
    never = f" A curve stops where the rest never came ({', '.join(stopped)} changes)." if stopped else ""
    thin = "" if all(entry.correct == "valid" for entry in drawn) else " Thin: not known to be correct."
    owed = sum(entry.owed for entry in drawn)
    caption = (
        f"Every change that was owed to a channel, {owed:,} over all seeds. Lower is better; a tier needs p95 below "
        f"its line.{thin}{never}"
    )
    return Figure(f"curves{sheet.suffix}", "Sync latency by percentile", caption, traces, layout, 440)


def tail(share: float) -> float:
    """Where a percentile stands: 0 for p0, 1 for p90, 2 for p99."""
    return -math.log10(1 - share) if share < 1 else 6.0
