"""Sync latency of the entries: by percentile, and against oversold and lost units."""

import math
from typing import Any, Final

from stockstorm.reports.compare.comparison import LOST, OVERSOLD, P50, Entry
from stockstorm.reports.render.comparison.figures.layout import FigureContext
from stockstorm.reports.render.figures.layout import (
    LATENCY_SHARES,
    Figure,
    dots,
    latency_axis,
    limit_line,
    line,
    percentile_axis,
    rounded,
    tail_position,
)
from stockstorm.reports.verdict.tiers import LIMITS_MS

EXPECTED: Final = "expected at this latency"


def curves(context: FigureContext) -> Figure | None:
    """Sync latency by percentile over all seeds, one curve for each entry, with the tail stretched."""
    drawn = [entry for entry in context.entries if entry.curve]
    if not drawn:
        return None
    values = [ms for entry in drawn for _, ms in entry.curve]
    low, high = max(1.0, min(values) * 0.8), max(*values, 3_000.0) * 1.5
    deepest = max(entry.curve[-1][0] for entry in drawn)
    traces = [
        line(
            entry.label,
            rounded([tail_position(share) for share, _ in entry.curve], 4),
            [max(low, ms) for _, ms in entry.curve],
            context.style_of(entry).colour,
            dash=context.style_of(entry).dash,
            width=2.5 if entry.correct == "valid" else 1.2,
            customdata=[round(share * 100, 3) for share, _ in entry.curve],
            hovertemplate="%{customdata:.4~f} % within %{y:,.0f} ms",
        )
        for entry in drawn
    ]
    limits = [limit_line(ms, f"tier {ms / 1000:g} s") for ms in LIMITS_MS.values() if low < ms < high]
    layout: dict[str, Any] = {
        "xaxis": percentile_axis({0.0: "p0"} | LATENCY_SHARES, tail_position(deepest) * 1.04),
        "yaxis": latency_axis("sync latency", low, high),
        "shapes": [shape for shape, _ in limits],
        "annotations": [note | {"x": 0, "xanchor": "left", "xshift": 4} for _, note in limits],
    }
    stopped = [f"{entry.label} {entry.never:,}" for entry in drawn if entry.never]
    never = f" A curve stops before changes that were never reflected ({', '.join(stopped)})." if stopped else ""
    thin = "" if all(entry.correct == "valid" for entry in drawn) else " Thin: not known to be correct."
    owed = sum(entry.owed for entry in drawn)
    caption = (
        f"Every change that was owed to a channel, {owed:,} over all seeds. Lower is better. A tier needs p95 below "
        f"its line.{thin}{never}"
    )
    return Figure(f"curves{context.suffix}", "Sync latency by percentile", caption, traces, layout, 440)


def tradeoff(context: FigureContext) -> Figure | None:
    """Oversold units above and lost units below, against the median sync latency. One dot for each run."""
    found = [(entry, runs) for entry in context.entries if (runs := _points(entry))]
    if not found:
        return None
    medians = [median for _, runs in found for median, _, _ in runs]
    low, high = min(medians) / 1.6, max(medians) * 1.6
    most = max(over for _, runs in found for _, over, _ in runs)
    traces: list[dict[str, Any]] = []
    floor = [(ms, units) for ms, units in context.at_rate.floor if low <= ms <= high and units <= max(most, 1) * 1.15]
    if floor:
        xs, ys = [ms for ms, _ in floor], [units for _, units in floor]
        traces.append(line(EXPECTED, rounded(xs), rounded(ys), "@muted", dash="dot", hoverinfo="skip"))
    for entry, runs in found:
        traces += _run_dots(context, entry, runs)
    layout: dict[str, Any] = {
        "xaxis": latency_axis("sync latency, median of the run", low, high, anchor="y2"),
        "yaxis": {"title": {"text": "oversold units"}, "rangemode": "tozero", "domain": [0.54, 1]},
        "yaxis2": {"title": {"text": "lost units"}, "rangemode": "tozero", "domain": [0, 0.46]},
        "annotations": [],
    }
    title, caption = "Oversold and lost units by sync latency", _caption(context, bool(floor))
    return Figure(f"tradeoff{context.suffix}", title, caption, traces, layout, 520)


def _points(entry: Entry) -> list[tuple[float, float, float]]:
    """(median latency, oversold units, lost units) of runs that have all three."""
    rows = [tuple(run.measures.get(name, math.nan) for name in (P50, OVERSOLD, LOST)) for run in entry.runs]
    return [(row[0], row[1], row[2]) for row in rows if all(math.isfinite(value) for value in row)]


def _run_dots(context: FigureContext, entry: Entry, runs: list[tuple[float, float, float]]) -> list[dict[str, Any]]:
    style = context.style_of(entry)
    marker: dict[str, Any] = {"size": 10, "symbol": style.symbol, "opacity": 0.85, "cliponaxis": False}
    medians = rounded([median for median, _, _ in runs])
    hover = "%{fullData.name}: %{y:,} units at a median of %{x:,.0f} ms<extra></extra>"
    return [
        dots(entry.label, medians, [over for _, over, _ in runs], style.colour, hovertemplate=hover, **marker),
        dots(
            entry.label, medians, [lost for _, _, lost in runs], style.colour, yaxis="y2", showlegend=False,
            hovertemplate=hover, **marker,
        ),
    ]  # fmt: skip


def _caption(context: FigureContext, floor: bool) -> str:
    text = "One dot per run. Oversold units were sold and did not exist. Lost units existed and were not sold."
    if len(context.matrix.safety_stocks) > 1:
        text += " A safety stock turns oversold units into lost ones. Symbols differ by safety stock."
    if floor:
        text += " Dotted: the oversold units to expect from the scenario at that latency, whatever the subject."
    return text
