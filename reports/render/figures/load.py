"""Offered load against throughput: what was asked of the subject, and what it acknowledged."""

from typing import Any

from stockstorm.reports.render.downsample import bin_width_s, counted
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import line, phase_labels, phase_shapes, rounded, time_axis
from stockstorm.reports.render.view import RunView
from stockstorm.simulator.history import facts as f


def load(view: RunView) -> Figure | None:
    """Attempts falling due, acknowledgements and failures, a second."""
    attempts = view.of(f.AttemptEnded)
    if not attempts:
        return None
    width = max(1.0, bin_width_s(view.end_s))
    offered = [view.seconds(attempt.due_ns) for attempt in attempts]
    acknowledged = [view.seconds(a.answered_ns) for a in attempts if 200 <= a.status < 300 and not a.error]
    failed = [view.seconds(a.at_ns) for a in attempts if a.error or not 200 <= a.status < 300]
    hover = "%{y:,.1f}/s at %{x:.1f} s"
    middles, rates = counted(offered, width, view.end_s)
    traces: list[dict[str, Any]] = [
        line("offered (attempts due)", middles, rounded(rates), "@muted", width=5, hovertemplate=hover),
        line(
            "throughput (acknowledged)",
            middles,
            rounded(counted(acknowledged, width, view.end_s)[1]),
            "@ack-strong",
            hovertemplate=hover,
        ),
    ]
    if failed:
        rates = counted(failed, width, view.end_s)[1]
        traces.append(
            line("failed or refused", middles, rounded(rates), "@invalid", width=1.5, dash="dot", hovertemplate=hover)
        )
    layout: dict[str, Any] = {
        "xaxis": time_axis(view),
        "yaxis": {"title": {"text": "attempts a second"}, "rangemode": "tozero"},
        "shapes": phase_shapes(view),
        "annotations": phase_labels(view),
    }
    caption = (
        f"Counted in steps of {width:g} s. The load is open: it does not wait for the subject, so a gap between the "
        "two lines is work that piled up. Refused forgeries count as refused here."
    )
    return Figure("load", "Offered load and throughput", caption, traces, layout, 340)
