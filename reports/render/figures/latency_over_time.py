"""Ack time and sync latency over the run: every observation (or a fair sample), with median and tail on top."""

from typing import Any

from stockstorm.reports.render.downsample import bin_width_s, binned, quantile, thin_points
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import (
    dots,
    latency_axis,
    limit_line,
    line,
    phase_labels,
    phase_shapes,
    rounded,
    time_axis,
)
from stockstorm.reports.render.view import RunView, Series
from stockstorm.reports.verdict.tiers import LIMITS_MS, basis, judged_measure

ANSWER_LIMIT_MS = 5_000.0


def latency_over_time(view: RunView) -> Figure | None:
    """Two panels over one time axis: acknowledgement above, listings below."""
    acks, failed, syncs = view.acks.finite(), view.failures, view.syncs
    if not acks.ms and not failed.ms and not syncs.ms:
        return None
    width_s = bin_width_s(view.end_s)
    ack_traces, ack_note = _panel("ack time", acks, "@ack", 0.99, width_s)
    sync_traces, sync_note = _panel("sync latency", syncs.finite(), "@sync", 0.95, width_s)
    ack_range = _range([*acks.ms, *failed.ms], 10)
    sync_range = _range(syncs.finite().ms, 100)
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
        f"median and tail of each {width_s:g} s; what failed or never ended is marked apart, not in the lines. "
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
    lines = [limit_line(ANSWER_LIMIT_MS, "Shopify's limit 5 s", "y")] if ack[1] > ANSWER_LIMIT_MS else []
    tiers = (ms for ms in LIMITS_MS.values() if sync[0] < ms < sync[1])
    return [*lines, *(limit_line(ms, f"tier {ms / 1000:g} s", "y2") for ms in tiers)]
