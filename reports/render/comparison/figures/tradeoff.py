"""What staleness costs: oversold and lost units against sync latency, one dot a run."""

import math
from typing import Any

from stockstorm.reports.compare.comparison import LOST, OVERSOLD, P50, Entry
from stockstorm.reports.render.comparison.figures import Sheet
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import dots, latency_axis, line, rounded

EXPECTED = "expected at this latency"


def tradeoff(sheet: Sheet) -> Figure | None:
    """Two panels over one axis of latency: oversold units with what is expected, lost units below."""
    found = [(entry, runs) for entry in sheet.played if (runs := _points(entry))]
    if not found:
        return None
    medians = [median for _, runs in found for median, _, _ in runs]
    low, high = min(medians) / 1.6, max(medians) * 1.6
    most = max(over for _, runs in found for _, over, _ in runs)
    traces: list[dict[str, Any]] = []
    floor = [(ms, units) for ms, units in sheet.board.floor if low <= ms <= high and units <= max(most, 1) * 1.15]
    if floor:
        xs, ys = [ms for ms, _ in floor], [units for _, units in floor]
        traces.append(line(EXPECTED, rounded(xs), rounded(ys), "@muted", dash="dot", hoverinfo="skip"))
    for entry, runs in found:
        traces += _run_dots(sheet, entry, runs)
    layout: dict[str, Any] = {
        "xaxis": latency_axis("sync latency, median of the run", low, high, anchor="y2"),
        "yaxis": {"title": {"text": "oversold units"}, "rangemode": "tozero", "domain": [0.54, 1]},
        "yaxis2": {"title": {"text": "lost units"}, "rangemode": "tozero", "domain": [0, 0.46]},
        "annotations": [],
    }
    return Figure(
        f"tradeoff{sheet.suffix}", "What staleness costs", _caption(sheet, bool(floor)), traces, layout, 520
    )  # fmt: skip


def _points(entry: Entry) -> list[tuple[float, float, float]]:
    """(median latency, oversold units, lost units) of runs that have all three."""
    rows = [tuple(run.measures.get(name, math.nan) for name in (P50, OVERSOLD, LOST)) for run in entry.runs]
    return [(row[0], row[1], row[2]) for row in rows if all(math.isfinite(value) for value in row)]


def _run_dots(sheet: Sheet, entry: Entry, runs: list[tuple[float, float, float]]) -> list[dict[str, Any]]:
    look = sheet.look(entry)
    style: dict[str, Any] = {"size": 10, "symbol": look.sign, "opacity": 0.85, "cliponaxis": False}
    medians = rounded([median for median, _, _ in runs])
    hover = "%{fullData.name}: %{y:,} units at a median of %{x:,.0f} ms<extra></extra>"
    return [
        dots(entry.label, medians, [over for _, over, _ in runs], look.colour, hovertemplate=hover, **style),
        dots(
            entry.label, medians, [lost for _, _, lost in runs], look.colour, yaxis="y2", showlegend=False,
            hovertemplate=hover, **style,
        ),
    ]  # fmt: skip


def _caption(sheet: Sheet, floor: bool) -> str:
    text = "One dot a run. Oversold units were sold and not there; lost units were there and not sold."
    if len(sheet.matrix.safety_stocks) > 1:
        text += " A safety stock moves units from the one to the other; its sign tells them apart."
    if floor:
        text += " Dotted: what the scenario's rush is expected to oversell at that latency, whoever the subject is."
    return text
