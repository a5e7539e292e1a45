"""Resource use of each entry: CPU by process, calls and cost points at the Admin API, statements of the database."""

from collections.abc import Sequence
from typing import Any, Final

from stockstorm.reports.compare.comparison import WORK_LABELS, Entry
from stockstorm.reports.render.comparison.figures.layout import FigureContext, panel_title
from stockstorm.reports.render.figures.layout import Figure, label

COLOURS: Final = {"receiver": "@c0", "worker": "@c2", "postgres": "@c5"}
OTHERS: Final = ("@c4", "@c3", "@c6", "@c7")
COUNTS: Final = ("work.cost_points", "work.admin_calls", "work.statements")
GAP: Final = 0.05


def resources(context: FigureContext) -> Figure | None:
    """Bars, one row for each entry. One panel for each measure that exists."""
    entries = context.entries
    measures = [name for name in COUNTS if any(name in entry.measures for entry in entries)]
    if not any(entry.cores for entry in entries) and not measures:
        return None
    domains = _domains(1 + len(measures))
    layout: dict[str, Any] = {
        "yaxis": context.rows(),
        "xaxis": {"domain": list(domains[0]), "rangemode": "tozero", "nticks": 5},
        "barmode": "stack",
        "bargap": 0.35,
        "shapes": [],
        "annotations": [panel_title(WORK_LABELS["work.cores"], domains[0])],
    }
    traces = _cores(entries)
    for number, (measure, domain) in enumerate(zip(measures, domains[1:], strict=True), 2):
        layout[f"xaxis{number}"] = {
            "domain": list(domain),
            "rangemode": "tozero",
            "nticks": 3,
            "tickformat": ",",
            "tickangle": 0,
        }
        layout["annotations"].append(panel_title(WORK_LABELS[measure], domain))
        values = [entry.value(measure) or 0.0 for entry in entries]
        traces.append(_bars(WORK_LABELS[measure], values, "@ack-strong", xaxis=f"x{number}", showlegend=False))
    caption = (
        "Means per run. CPU is that of the subject, its database and cloud emulators during load, without the load "
        "generator. 1 core is one core busy all the time. Statements are counted by the service itself."
    )
    return Figure(f"resources{context.suffix}", "Resource use", caption, traces, layout, context.height(96))


def _domains(panels: int) -> list[tuple[float, float]]:
    """(from, to) of each panel. The first is wider, because its bars are stacked."""
    widths = [1.5] + [1.0] * (panels - 1)
    unit = (1 - GAP * (panels - 1)) / sum(widths)
    domains, at = [], 0.0
    for width in widths:
        domains.append((round(at, 4), round(min(1.0, at + width * unit), 4)))
        at += width * unit + GAP
    return domains


def _cores(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for known in COLOURS for entry in entries for name in entry.cores if name == known)
    names |= dict.fromkeys(sorted({name for entry in entries for name in entry.cores} - set(names)))
    others = iter(OTHERS * len(names))
    return [
        _bars(name, [entry.cores.get(name, 0.0) for entry in entries], COLOURS.get(name) or next(others))
        for name in names
    ]


def _bars(name: str, values: Sequence[float], colour: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": label(name),
        "x": [round(value, 3) for value in values],
        "y": list(range(len(values))),
        "marker": {"color": colour},
        "hovertemplate": "%{fullData.name}: %{x:,}<extra></extra>",
    } | more
