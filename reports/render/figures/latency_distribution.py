"""Latency by percentile, stretched towards the tail: how slow the slowest hundredth is, and which tier that meets."""

import math
from typing import Any, Final

from stockstorm.reports.render.downsample import quantile
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import dots, latency_axis, limit_line, line, rounded
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import counted
from stockstorm.reports.verdict.tiers import LIMITS_MS

SHARES: Final = {0.5: "p50", 0.75: "p75", 0.9: "p90", 0.95: "p95", 0.99: "p99", 0.999: "p99.9", 0.9999: "p99.99"}
MARKED: Final = (0.5, 0.95, 0.99)


def latency_distribution(view: RunView) -> Figure | None:
    """Quantile curves of ack time and sync latency on a log tail axis."""
    curves = [("ack time", "@ack", sorted(view.acks.ms)), ("sync latency", "@sync", sorted(view.syncs.ms))]
    curves = [curve for curve in curves if curve[2]]
    if not curves:
        return None
    deepest = max(1 - 1 / max(20, len(values)) for _, _, values in curves)
    traces = [trace for name, colour, values in curves for trace in _curve(name, colour, values)]
    finite = [value for _, _, values in curves for value in values if math.isfinite(value)] or [1.0]
    low, high = max(0.05, min(finite) * 0.7), max(finite) * 1.6
    limits = [limit_line(ms, f"tier {ms / 1000:g} s") for ms in LIMITS_MS.values() if low < ms < max(high, 3000)]
    high = max(high, 3000)
    layout: dict[str, Any] = {
        "xaxis": {
            "range": [0, _tail(deepest) * 1.08],
            "tickvals": [_tail(share) for share in SHARES],
            "ticktext": list(SHARES.values()),
            "title": {"text": "percentile (each step towards the right is rarer)"},
        },
        "yaxis": latency_axis("latency", low, high),
        "shapes": [shape for shape, _ in limits],
        "annotations": [note for _, note in limits],
    }
    return Figure("latency_distribution", "Latency by percentile", _caption(curves), traces, layout, 430)


def _tail(share: float) -> float:
    return -math.log10(1 - share)


def _curve(name: str, colour: str, values: list[float]) -> list[dict[str, Any]]:
    deepest = 1 - 1 / max(2, len(values))
    steps = 400
    shares = [1 - 10 ** (-_tail(deepest) * n / steps) for n in range(steps + 1)]
    points = [(_tail(share), quantile(values, share), share) for share in shares]
    finite = [point for point in points if math.isfinite(point[1])]
    marks = [(_tail(q), quantile(values, q), q) for q in MARKED if q <= deepest and math.isfinite(quantile(values, q))]
    hover = "%{customdata:.4~f} % within %{y:,.1f} ms"
    xs, ys = rounded([x for x, _, _ in finite], 4), rounded([y for _, y, _ in finite])
    return [
        line(name, xs, ys, f"{colour}-strong", width=2.5, shape="hv",
             customdata=[round(share * 100, 4) for _, _, share in finite], hovertemplate=hover),
        dots(name, [x for x, _, _ in marks], [y for _, y, _ in marks], f"{colour}-strong", size=9, showlegend=False,
             mode="markers+text", text=[_ms(y) for _, y, _ in marks], textposition="bottom right",
             hoverinfo="skip", textfont={"color": f"{colour}-strong"}),
    ]  # fmt: skip


def _ms(value: float) -> str:
    return f"{value:.3g} ms" if value < 1000 else f"{value / 1000:.3g} s"


def _caption(curves: list[tuple[str, str, list[float]]]) -> str:
    parts = []
    for name, _, values in curves:
        never = sum(1 for value in values if math.isinf(value))
        tail = f", of which {never:,} never ended, so the curve stops short" if never else ""
        parts.append(f"{name.capitalize()}: {counted(len(values), 'observation')}{tail}.")
    return (
        " ".join(parts)
        + " Marked are the median, the 95th and the 99th percentile. Lower is better; a tier needs p95 below its line."
    )
