"""What figures share: the `Figure` itself, axes, traces, shaded phases, marked faults and limits.

A figure is a specification for Plotly. Colours are names of roles (`@ack`, `@invalid/0.15`), which the page's script
resolves for the reader's light or dark theme.
"""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from stockstorm.reports.render.view import HistoryView
from stockstorm.simulator.config import fault_label

LATENCY_TICKS: Final = {
    0.1: "0.1 ms",
    1: "1 ms",
    10: "10 ms",
    100: "100 ms",
    1e3: "1 s",
    1e4: "10 s",
    1e5: "100 s",
    1e6: "17 min",
}
FAULT_COLOUR: Final = "@fault/0.16"
FAULTS_UP_PX: Final = 20  # above the names of phases
FAULT_ROW_PX: Final = 15  # of faults at the same time
FAULT_ROWS_MAX: Final = 3
CHANNEL_COLOURS: Final = tuple(f"@c{n}" for n in range(8))
# Below the traces, a grid line at the same value would cover a limit. Plotly has no layer between grid and traces.
ABOVE_GRID: Final = "above"
LATENCY_SHARES: Final = {
    0.5: "p50",
    0.75: "p75",
    0.9: "p90",
    0.95: "p95",
    0.99: "p99",
    0.999: "p99.9",
    0.9999: "p99.99",
}
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


class Figure(msgspec.Struct, frozen=True):
    """One figure with its text. `traces` and `layout` are Plotly's own JSON."""

    name: str
    title: str
    caption: str
    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    height_px: int


def label(text: str) -> str:
    """User text for a label, escaped because Plotly interprets some markup."""
    return html.escape(text, quote=False)


def time_axis(view: HistoryView, **more: Any) -> dict[str, Any]:
    """The x axis of time, from the start of load to the end of the run."""
    first = min(0.0, *(span.from_s for span in view.phases)) if view.phases else 0.0
    axis: dict[str, Any] = {
        "range": [first, max(view.end_s, 0.1)],
        "title": {"text": "time since the start of load (s)"},
    }
    return axis | more


def latency_axis(title: str, low_ms: float, high_ms: float, **more: Any) -> dict[str, Any]:
    """A log axis of latencies, with ticks at powers of ten."""
    axis: dict[str, Any] = {
        "type": "log",
        "range": [math.log10(max(low_ms, 0.01)), math.log10(max(high_ms, 1))],
        "tickvals": list(LATENCY_TICKS),
        "ticktext": list(LATENCY_TICKS.values()),
        "title": {"text": title},
    }
    return axis | more


def tail_position(share: float) -> float:
    """The position of a percentile on an axis that stretches the tail: p0 at 0, p90 at 1, p99 at 2."""
    return -math.log10(1 - share) if share < 1 else 6.0


def percentile_axis(ticks: Mapping[float, str], end: float) -> dict[str, Any]:
    """An axis of percentiles that stretches the tail. `ticks`: labels by share."""
    return {
        "range": [0, end],
        "tickvals": [tail_position(share) for share in ticks],
        "ticktext": list(ticks.values()),
        "title": {"text": "percentile (tail stretched)"},
    }


def phase_shapes(view: HistoryView) -> list[dict[str, Any]]:
    """Alternate shading of phases, and shading of faults, over the whole height."""
    shapes: list[dict[str, Any]] = [
        _band(span.from_s, span.to_s, "@band") for number, span in enumerate(view.phases) if number % 2 == 1
    ]
    shapes += [_band(span.from_s, span.to_s, FAULT_COLOUR) for span in view.faults]
    return shapes


def _band(from_s: float, to_s: float, colour: str) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": from_s, "x1": to_s, "y0": 0, "y1": 1,
        "fillcolor": colour, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip


def phase_labels(view: HistoryView) -> list[dict[str, Any]]:
    """Names above the plot. `room` is the named interval. The page drops a name that does not fit into it."""
    labels = [_above(span.name.replace("_", " "), span.from_s, span.to_s, 4, "@muted") for span in view.phases]
    return labels + fault_labels(view)


def fault_labels(view: HistoryView) -> list[dict[str, Any]]:
    """Number and name of each fault above the plot. Where there is no room for a name, the page shows the number."""
    found = []
    for span in view.faults:
        text = f"▼{span.number} {fault_label(span.name)}"
        up_px = FAULTS_UP_PX + FAULT_ROW_PX * min(span.row, FAULT_ROWS_MAX)
        found.append(_above(text, span.from_s, span.to_s, up_px, "@fault") | {"short": f"▼{span.number}"})
    return found


def with_legend_of_faults(figure: Figure, view: HistoryView) -> Figure:
    """The figure with an entry for the bands of faults, if it has any."""
    colours = {shape.get("fillcolor") for shape in figure.layout.get("shapes", ())}
    if not view.faults or FAULT_COLOUR not in colours:
        return figure
    entry: dict[str, Any] = dots("▼ planned fault", [], [], FAULT_COLOUR, symbol="square", size=10)
    return msgspec.structs.replace(figure, traces=[*figure.traces, entry | {"x": [None], "y": [None]}])


def _above(text: str, from_s: float, to_s: float, up_px: int, colour: str) -> dict[str, Any]:
    return {
        "text": label(text), "x": (from_s + to_s) / 2, "xref": "x", "xanchor": "center", "y": 1, "yref": "paper",
        "yanchor": "bottom", "yshift": up_px, "showarrow": False, "font": {"color": colour, "size": 12},
        "room": [from_s, to_s],
    }  # fmt: skip


def limit_line(y: float, text: str, yaxis: str = "y", log: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """A dotted horizontal limit with its name at the right end, as a shape and an annotation."""
    shape = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": yaxis, "y0": y, "y1": y,
        "line": {"color": "@muted", "width": 1, "dash": "dot"}, "layer": ABOVE_GRID,
    }  # fmt: skip
    note = {
        "text": text, "xref": "paper", "x": 1, "xanchor": "right", "yref": yaxis, "y": math.log10(y) if log else y,
        "yanchor": "bottom", "showarrow": False, "font": {"color": "@muted", "size": 11},
    }  # fmt: skip
    return shape, note


def line(name: str, xs: Sequence[float], ys: Sequence[float], colour: str, **more: Any) -> dict[str, Any]:
    """One line trace. Keywords go to Plotly; `width`, `dash` and `shape` to its line."""
    style = {"color": colour, "width": more.pop("width", 2), "dash": more.pop("dash", "solid")}
    style["shape"] = more.pop("shape", "linear")
    return {"type": "scatter", "mode": "lines", "name": label(name), "x": list(xs), "y": list(ys), "line": style} | more


def dots(name: str, xs: Sequence[float], ys: Sequence[float], colour: str, **more: Any) -> dict[str, Any]:
    """One trace of markers. Keywords go to Plotly; `size`, `symbol` and `opacity` to its marker."""
    style = {"color": colour, "size": more.pop("size", 4), "symbol": more.pop("symbol", "circle")}
    style["opacity"] = more.pop("opacity", 1)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label(name),
        "x": list(xs),
        "y": list(ys),
        "marker": style,
    } | more


def rounded(values: Sequence[float], digits: int = 3) -> list[float]:
    """Values rounded to what a figure can show, since the file holds them as text."""
    return [round(value, digits) for value in values]
