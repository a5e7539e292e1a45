"""At a glance: sync latency, oversold units and lost units of every entry, side by side, each with how sure it is."""

import math
from collections.abc import Sequence
from typing import Any, Final

from stockstorm.reports.compare.comparison import LOST, OVERSOLD, P95, Entry
from stockstorm.reports.render.comparison.figures import Sheet, panel_title
from stockstorm.reports.render.comparison.words import amount, span
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import ABOVE_GRID, LATENCY_TICKS, dots
from stockstorm.reports.result import Interval
from stockstorm.reports.verdict.tiers import LIMITS_MS

PANELS: Final = (
    (P95, "Sync latency, p95", (0.0, 0.38)),
    (OVERSOLD, "Oversold units", (0.44, 0.7)),
    (LOST, "Lost units", (0.76, 1.0)),
)


def glance(sheet: Sheet) -> Figure | None:
    """Dots with whiskers, one row an entry; faint dots are single seeds."""
    if not sheet.played:
        return None
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"yaxis": sheet.rows(), "shapes": _row_lines(len(sheet.played))}
    for number, (measure, title, domain) in enumerate(PANELS, 1):
        axis = "x" if number == 1 else f"x{number}"
        layout[f"xaxis{'' if number == 1 else number}"] = _axis(sheet.played, measure) | {"domain": list(domain)}
        notes.append(panel_title(title, domain))
        for row, entry in enumerate(sheet.played):
            traces += _marks(sheet, entry, row, measure, axis)
            notes += _never(entry, row, measure, domain)
    shapes, names = _tier_lines(layout["xaxis"]["range"])
    layout["shapes"] += shapes
    layout["annotations"] = notes + names
    return Figure(
        f"glance{sheet.suffix}", "At a glance", _caption(sheet), traces, layout, sheet.height(96)
    )  # fmt: skip


def _caption(sheet: Sheet) -> str:
    seeds = len(sheet.matrix.seeds)
    single = "" if seeds == 1 else " Faint dots are single seeds."
    counts = "" if seeds > 2 else " Counts have no whiskers: three seeds are needed."  # as the words say
    hollow = "" if all(entry.correct == "valid" for entry in sheet.played) else " Hollow: not known to be correct."
    return f"Left is better everywhere; units are means a run. Whiskers are 95 % intervals.{single}{counts}{hollow}"


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
        # A little room on the left, so that a dot at 0 is whole.
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


def _marks(sheet: Sheet, entry: Entry, row: int, measure: str, axis: str) -> list[dict[str, Any]]:
    look, interval = sheet.look(entry), entry.measures.get(measure)
    marks = []
    single = _seeds(entry, measure)
    if len(single) > 1:
        faint = dots(
            entry.label,
            single,
            [row + 0.24] * len(single),
            look.colour,
            size=5,
            opacity=0.45,
            xaxis=axis,
            hoverinfo="skip",
            showlegend=False,
        )
        marks.append(faint)
    if interval is not None and math.isfinite(interval.value):
        text = f"{amount(measure, interval.value)}" + (f" ({found})" if (found := span(measure, interval)) else "")
        mark = dots(
            entry.label, [interval.value], [row], look.colour, size=11, symbol=look.sign, xaxis=axis,
            error_x=_whisker(interval, look.colour), showlegend=False, cliponaxis=False,
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


def _tier_lines(span_: Sequence[float]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The tiers' limits in the first panel, named at its top."""
    shapes, notes = [], []
    for limit_ms in LIMITS_MS.values():
        at = math.log10(limit_ms)
        if not span_[0] < at < span_[1]:
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
