"""Ack time and sync latency: over the run, and by percentile."""

import math
from bisect import bisect_left
from typing import Any, Final

from stockstorm.reports.render.downsample import bin_width_s, binned, thin_points
from stockstorm.reports.render.figures.layout import (
    LATENCY_SHARES,
    Figure,
    dots,
    latency_axis,
    limit_line,
    line,
    percentile_axis,
    phase_labels,
    phase_shapes,
    rounded,
    tail_position,
    time_axis,
)
from stockstorm.reports.render.view import HistoryView, Series
from stockstorm.reports.result import counted
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.reports.verdict.tiers import LIMITS_MS, basis, judged_measure
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.limits import ANSWER_TIMEOUT_NS

ANSWER_LIMIT_MS: Final = ANSWER_TIMEOUT_NS / MILLISECOND_NS
MARKED: Final = (0.5, 0.95, 0.99)


def latency_over_time(view: HistoryView) -> Figure | None:
    """Every observation, or a sample of them, with median and tail. Ack time above, sync latency below."""
    acks, failed, syncs = view.acks.finite(), view.failures, view.syncs
    reflected = syncs.finite()
    if not acks.ms and not failed.ms and not syncs.ms:
        return None
    width_s = bin_width_s(view.end_s)
    ack_traces, ack_note = _panel("ack time", acks, "@ack", 0.99, width_s)
    sync_traces, sync_note = _panel("sync latency", reflected, "@sync", 0.95, width_s)
    ack_range = _range([*acks.ms, *failed.ms], 10)
    sync_range = _range(reflected.ms, 100)
    traces = [*ack_traces, *_failures(failed), *sync_traces, *_never(syncs, sync_range[1] / 1.3)]
    limits = _limits(ack_range, sync_range)
    layout: dict[str, Any] = {
        "xaxis": time_axis(view, anchor="y2"),
        "yaxis": latency_axis("ack time", *ack_range, domain=[0.54, 1]),
        "yaxis2": latency_axis("sync latency", *sync_range, domain=[0, 0.46]),
        "shapes": phase_shapes(view) + [shape for shape, _ in limits],
        "annotations": phase_labels(view) + [note for _, note in limits],
    }
    caption = (
        "Ack time: from due to the complete 2xx answer. Sync latency: until another channel's listing reflects a "
        f"change of stock, {basis(judged_measure(view.history.scenario))}. Dots are single observations, lines the "
        f"median and tail of each {width_s:g} s. Failed attempts and changes never reflected are marked "
        "separately and are not in the lines. "
        f"{ack_note} {sync_note}"
    )
    return Figure("latency_over_time", "Latency over time", caption.strip(), traces, layout, 620)


def _panel(name: str, series: Series, colour: str, tail: float, width_s: float) -> tuple[list[dict[str, Any]], str]:
    if not series.ms:
        return [], ""
    thinned = thin_points(series.at_s, series.ms)
    bins = binned(series.at_s, series.ms, width_s)
    middles = list(bins)
    half = [quantile(values, 0.5) for values in bins.values()]
    high = [quantile(values, tail) for values in bins.values()]
    yaxis = "y" if colour == "@ack" else "y2"
    shown = f"{name} p{tail * 100:.0f}"
    hover = "%{y:,.1f} ms at %{x:.1f} s"
    return [
        dots(
            name,
            rounded(thinned.xs),
            rounded(thinned.ys),
            colour,
            size=4,
            opacity=0.28,
            yaxis=yaxis,
            hovertemplate=hover,
        ),
        line(
            shown, middles, rounded(high), f"{colour}-strong", width=1.5, dash="dot", yaxis=yaxis, hovertemplate=hover
        ),
        line(f"{name} median", middles, rounded(half), f"{colour}-strong", width=2.5, yaxis=yaxis, hovertemplate=hover),
    ], thinned.note(f"dots of {name}")


def _failures(failed: Series) -> list[dict[str, Any]]:
    if not failed.ms:
        return []
    thinned = thin_points(failed.at_s, failed.ms, 500)
    hover = "failed attempt after %{y:,.0f} ms<extra></extra>"
    return [
        dots(
            "failed attempt",
            thinned.xs,
            thinned.ys,
            "@invalid",
            symbol="x",
            size=7 if len(failed.ms) < 100 else 5,
            hovertemplate=hover,
        )
    ]


def _never(syncs: Series, top_ms: float) -> list[dict[str, Any]]:
    at = syncs.infinite_at()
    if not at:
        return []
    hover = "never reflected, changed at %{x:.1f} s<extra></extra>"
    shown = thin_points(at, [top_ms] * len(at), 500)
    return [
        dots(
            "never reflected",
            shown.xs,
            shown.ys,
            "@invalid",
            symbol="triangle-up",
            size=8,
            yaxis="y2",
            hovertemplate=hover,
        )
    ]


def _range(values: list[float], least_high: float) -> tuple[float, float]:
    if not values:
        return 1, 1000
    return max(0.05, min(values) * 0.7), max(max(values) * 2.5, least_high)


def _limits(ack: tuple[float, float], sync: tuple[float, float]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    answer = limit_line(ANSWER_LIMIT_MS, f"Shopify's limit {ANSWER_LIMIT_MS / 1000:g} s")
    lines = [answer] if ack[1] > ANSWER_LIMIT_MS else []
    tiers = (ms for ms in LIMITS_MS.values() if sync[0] < ms < sync[1])
    return [*lines, *(limit_line(ms, f"tier {ms / 1000:g} s", "y2") for ms in tiers)]


def latency_distribution(view: HistoryView) -> Figure | None:
    """Quantile curves of ack time and sync latency, on an axis that stretches the tail."""
    curves = [("ack time", "@ack", view.ordered_acks), ("sync latency", "@sync", view.ordered_syncs)]
    curves = [curve for curve in curves if curve[2]]
    if not curves:
        return None
    deepest = max(1 - 1 / max(20, len(values)) for _, _, values in curves)
    traces = [trace for name, colour, values in curves for trace in _curve(name, colour, values)]
    finite = [values[: _ended(values)] for _, _, values in curves if math.isfinite(values[0])] or [[1.0]]
    low, high = max(0.05, min(values[0] for values in finite) * 0.7), max(values[-1] for values in finite) * 1.6
    limits = [limit_line(ms, f"tier {ms / 1000:g} s") for ms in LIMITS_MS.values() if low < ms < max(high, 3000)]
    high = max(high, 3000)
    layout: dict[str, Any] = {
        "xaxis": percentile_axis(LATENCY_SHARES, tail_position(deepest) * 1.08),
        "yaxis": latency_axis("latency", low, high),
        "shapes": [shape for shape, _ in limits],
        "annotations": [note for _, note in limits],
    }
    return Figure("latency_distribution", "Latency by percentile", _caption(curves), traces, layout, 430)


def _ended(values: list[float]) -> int:
    """How many of these, in ascending order, are finite."""
    return bisect_left(values, math.inf)


def _curve(name: str, colour: str, values: list[float]) -> list[dict[str, Any]]:
    deepest = 1 - 1 / max(2, len(values))
    steps = 400
    shares = [1 - 10 ** (-tail_position(deepest) * n / steps) for n in range(steps + 1)]
    points = [(tail_position(share), quantile(values, share), share) for share in shares]
    finite = [point for point in points if math.isfinite(point[1])]
    marked = [(tail_position(share), quantile(values, share)) for share in MARKED if share <= deepest]
    marks = [(x, y) for x, y in marked if math.isfinite(y)]
    hover = "%{customdata:.4~f} % within %{y:,.1f} ms"
    xs, ys = rounded([x for x, _, _ in finite], 4), rounded([y for _, y, _ in finite])
    return [
        line(name, xs, ys, f"{colour}-strong", width=2.5, shape="hv",
             customdata=[round(share * 100, 4) for _, _, share in finite], hovertemplate=hover),
        dots(name, [x for x, _ in marks], [y for _, y in marks], f"{colour}-strong", size=9, showlegend=False,
             mode="markers+text", text=[_ms(y) for _, y in marks], textposition="bottom right",
             hoverinfo="skip", textfont={"color": f"{colour}-strong"}),
    ]  # fmt: skip


def _ms(value: float) -> str:
    return f"{value:.3g} ms" if value < 1000 else f"{value / 1000:.3g} s"


def _caption(curves: list[tuple[str, str, list[float]]]) -> str:
    parts = []
    for name, _, values in curves:
        never = len(values) - _ended(values)
        tail = f"; {never:,} of them never ended, so the curve stops before them" if never else ""
        parts.append(f"{name.capitalize()}: {counted(len(values), 'observation')}{tail}.")
    return (
        " ".join(parts)
        + " Marked are the median, the 95th and the 99th percentile. Lower is better. A tier needs p95 below its line."
    )
