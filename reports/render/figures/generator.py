"""Health of the generator itself: when it is late, a slow answer may be its own doing."""

from typing import Any

from stockstorm.reports.render.downsample import bin_width_s, binned, quantile
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import latency_axis, limit_line, line, phase_shapes, rounded, time_axis
from stockstorm.reports.render.view import RunView
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import SCHEDULER_LATENESS_P99_MAX_NS


def generator(view: RunView) -> Figure | None:
    """Lateness and the longest gap of its event loop above, connections below."""
    attempts = sorted(view.of(f.AttemptEnded), key=lambda attempt: attempt.due_ns)
    started = [attempt for attempt in attempts if attempt.started_ns]
    samples = view.of(f.GeneratorSampled)
    if not started and not samples:
        return None
    late = [max(0.01, (attempt.started_ns - attempt.free_ns) / MILLISECOND_NS) for attempt in started]
    bins = binned([view.seconds(attempt.due_ns) for attempt in started], late, max(0.5, bin_width_s(view.end_s)))
    p99 = [quantile(values, 0.99) for values in bins.values()]
    at = [view.seconds(sample.at_ns) for sample in samples]
    gaps = [max(0.01, sample.hub_gap_max_ns / MILLISECOND_NS) for sample in samples]
    hover = "%{y:,.2f} ms at %{x:.1f} s"
    traces: list[dict[str, Any]] = [
        line("scheduler lateness, p99", list(bins), rounded(p99), "@c2", hovertemplate=hover)
    ]
    if samples:
        pool: dict[str, Any] = {"shape": "hv", "yaxis": "y2", "hovertemplate": "%{y:,}"}
        waiting = [sample.waiting_attempts for sample in samples]
        traces += [
            line("longest event-loop gap", at, rounded(gaps), "@c4", width=1.5, dash="dot", hovertemplate=hover),
            line("open connections", at, [sample.connections for sample in samples], "@c0", **pool),
            line("waiting for a connection", at, waiting, "@c1", dash="dash", **pool),
        ]
    limit_ms = SCHEDULER_LATENESS_P99_MAX_NS / MILLISECOND_NS
    shape, note = limit_line(limit_ms, f"above p99 {limit_ms:g} ms no speed is judged")
    layout: dict[str, Any] = {
        "xaxis": time_axis(view, anchor="y2"),
        "yaxis": latency_axis("generator", 0.05, max([*p99, *gaps, limit_ms]) * 2.5, domain=[0.5, 1]),
        "yaxis2": {"title": {"text": "connections"}, "rangemode": "tozero", "domain": [0, 0.4]},
        "shapes": [*phase_shapes(view), shape],
        "annotations": [note],
    }
    caption = (
        "Lateness counts from when an attempt could start (due, and a connection free) until it did. Waiting for a "
        "connection is the subject's doing and belongs to ack time."
    )
    return Figure("generator", "Health of the load generator", caption, traces, layout, 430)
