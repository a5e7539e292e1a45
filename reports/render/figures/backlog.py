"""What waits over time: webhooks that are not acknowledged yet, and changes of stock that listings do not show yet."""

from typing import Any

from stockstorm.reports.render.downsample import Interval, thinned_open
from stockstorm.reports.render.figures.layout import (
    Figure,
    line,
    phase_labels,
    phase_shapes,
    rounded,
    time_axis,
)
from stockstorm.reports.render.view import HistoryView


def backlog(view: HistoryView) -> Figure | None:
    """Open deliveries above, owed changes of listings below."""
    webhooks, changes = view.webhooks_open, _changes(view)
    if not webhooks.total and not changes:
        return None
    hover = "%{y:,} at %{x:.1f} s"
    traces: list[dict[str, Any]] = []
    owed = thinned_open(changes, view.end_s)
    for name, drawn, colour, yaxis in (
        ("webhooks due and not acknowledged", webhooks, "@ack-strong", "y"),
        ("changes of stock that a listing does not show yet", owed, "@sync-strong", "y2"),
    ):
        traces.append(
            line(name, rounded(drawn.xs), drawn.ys, colour, width=1.8, shape="hv", yaxis=yaxis, hovertemplate=hover)
        )
    layout: dict[str, Any] = {
        "xaxis": time_axis(view, anchor="y2"),
        "yaxis": {"title": {"text": "webhooks"}, "rangemode": "tozero", "domain": [0.55, 1]},
        "yaxis2": {"title": {"text": "listings"}, "rangemode": "tozero", "domain": [0, 0.45]},
        "shapes": phase_shapes(view),
        "annotations": phase_labels(view),
    }
    caption = (
        "Above: webhooks that are due and not acknowledged yet; a refused one waits for Shopify's next try. Below: "
        "changes of stock that a listing owes its buyers. Both should be near 0 all the time, and return there soon "
        "after a fault."
    )
    return Figure("backlog", "What waits", caption, traces, layout, 400)


def _changes(view: HistoryView) -> list[Interval]:
    return [(at, at + ms / 1000) for at, ms in zip(view.syncs.at_s, view.syncs.ms, strict=True)]
