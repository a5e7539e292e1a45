"""Overview: sync latency, oversold units and lost units of every entry, side by side, with intervals."""

import math
from collections.abc import Sequence
from typing import Any, Final

from stockstorm.reports.compare.comparison import LOST, OVERSOLD, P95, Entry
from stockstorm.reports.render.comparison.figures.layout import FigureContext, panel_title
from stockstorm.reports.render.comparison.formats import spread_text, value_text
from stockstorm.reports.render.figures.layout import ABOVE_GRID, LATENCY_TICKS, Figure, dots
from stockstorm.reports.result import Interval
from stockstorm.reports.verdict.tiers import LIMITS_MS

PANELS: Final = (
    (P95, "Sync latency, p95", (0.0, 0.38)),
    (OVERSOLD, "Oversold units", (0.44, 0.7)),
    (LOST, "Lost units", (0.76, 1.0)),
)


def overview(context: FigureContext) -> Figure | None:
    """Dots with whiskers, one row for each entry. Faint dots are single seeds."""
    if not context.entries:
        return None
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"yaxis": context.rows(), "shapes": _row_lines(len(context.entries))}
    for number, (measure, title, domain) in enumerate(PANELS, 1):
        axis = "x" if number == 1 else f"x{number}"
        layout[f"xaxis{'' if number == 1 else number}"] = _axis(context.entries, measure) | {"domain": list(domain)}
        notes.append(panel_title(title, domain))
        for row, entry in enumerate(context.entries):
            traces += _marks(context, entry, row, measure, axis)
            notes += _never(entry, row, measure, domain)
    shapes, names = _tier_lines(layout["xaxis"]["range"])
    layout["shapes"] += shapes
    layout["annotations"] = notes + names
    return Figure(
        f"overview{context.suffix}", "Overview", _caption(context), traces, layout, context.height(96)
    )  # fmt: skip


def _caption(context: FigureContext) -> str:
    seeds = len(context.matrix.seeds)
    single = "" if seeds == 1 else " Faint dots are single seeds."
    counts = "" if seeds > 2 else " Counts have no whiskers, because they take three seeds."
    hollow = "" if all(entry.correct == "valid" for entry in context.entries) else " Hollow: not known to be correct."
    return f"Lower is better everywhere. Units are means per run. Whiskers are 95 % intervals.{single}{counts}{hollow}"


def _row_lines(rows: int) -> list[dict[str, Any]]:
    return [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": row, "y1": row,
            "line": {"color": "@grid", "width": 1}, "layer": "below",
        }
        for row in range(rows)
    ]  # fmt: skip


def _axis(entries: Sequence[Entry], measure: str) -> dict[str, Any]:
    values = [value for entry in entries for value in _extent(entry, measure) if math.isfinite(value)]
    if measure != P95:
        # Room on the left, so that a dot at 0 is not cut.
        high = max([*values, 1.0]) * 1.08
        return {"range": [-0.03 * high, high], "nticks": 5}
    low, high = min([*values, 500.0]), max([*values, 2_500.0])
    return {
        "type": "log",
        "range": [math.log10(low) - 0.12, math.log10(high) + 0.12],
        "tickvals": list(LATENCY_TICKS),
        "ticktext": list(LATENCY_TICKS.values()),
    }


def _extent(entry: Entry, measure: str) -> list[float]:
    interval = entry.measures.get(measure)
    ends = [] if interval is None else [interval.value, interval.low, interval.high]
    return [value for value in (*ends, *_seeds(entry, measure)) if value is not None]


def _seeds(entry: Entry, measure: str) -> list[float]:
    return [run.measures[measure] for run in entry.runs if math.isfinite(run.measures.get(measure, math.inf))]


def _marks(context: FigureContext, entry: Entry, row: int, measure: str, axis: str) -> list[dict[str, Any]]:
    style, interval = context.style_of(entry), entry.measures.get(measure)
    marks = []
    single = _seeds(entry, measure)
    if len(single) > 1:
        faint = dots(
            entry.label,
            single,
            [row + 0.24] * len(single),
            style.colour,
            size=5,
            opacity=0.45,
            xaxis=axis,
            hoverinfo="skip",
            showlegend=False,
        )
        marks.append(faint)
    if interval is not None and math.isfinite(interval.value):
        text = f"{value_text(measure, interval.value)}" + (
            f" ({found})" if (found := spread_text(measure, interval)) else ""
        )
        mark = dots(
            entry.label, [interval.value], [row], style.colour, size=11, symbol=style.symbol, xaxis=axis,
            error_x=_whisker(interval, style.colour), showlegend=False, cliponaxis=False,
            hovertemplate=f"%{{fullData.name}}: {text}<extra></extra>",
        )  # fmt: skip
        marks.append(mark)
    return marks


def _whisker(interval: Interval, colour: str) -> dict[str, Any]:
    if interval.low is None or interval.high is None or not math.isfinite(interval.high):
        return {"visible": False}
    return {
        "type": "data",
        "symmetric": False,
        "array": [round(interval.high - interval.value, 3)],
        "arrayminus": [round(interval.value - interval.low, 3)],
        "color": colour,
        "thickness": 2,
        "width": 5,
    }


def _never(entry: Entry, row: int, measure: str, domain: tuple[float, float]) -> list[dict[str, Any]]:
    value = entry.value(measure)
    if value is not None and math.isfinite(value):
        return []
    text = "not measured" if value is None else "never ▸"
    return [
        {
            "text": text, "xref": "paper", "x": domain[1], "xanchor": "right", "yref": "y", "y": row,
            "yanchor": "middle", "showarrow": False, "font": {"color": "@muted", "size": 12},
        }
    ]  # fmt: skip


def _tier_lines(limits: Sequence[float]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The limits of the tiers in the first panel, with their names at its top."""
    shapes, notes = [], []
    for limit_ms in LIMITS_MS.values():
        at = math.log10(limit_ms)
        if not limits[0] < at < limits[1]:
            continue
        shapes.append(
            {
                "type": "line", "xref": "x", "x0": limit_ms, "x1": limit_ms, "yref": "paper", "y0": 0, "y1": 1,
                "line": {"color": "@muted", "width": 1, "dash": "dot"}, "layer": ABOVE_GRID,
            }
        )  # fmt: skip
        notes.append(
            {
                "text": f"{limit_ms / 1000:g} s", "xref": "x", "x": at, "xanchor": "left", "yref": "paper", "y": 1,
                "yanchor": "top", "xshift": 3, "showarrow": False, "font": {"color": "@muted", "size": 11},
            }
        )  # fmt: skip
    return shapes, notes
