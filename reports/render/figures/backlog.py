"""What waits over time: webhooks that are not acknowledged yet, and changes of stock that listings do not show yet."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from stockstorm.reports.render.downsample import thin_steps
from stockstorm.reports.render.figures.layout import (
    Figure,
    line,
    phase_labels,
    phase_shapes,
    rounded,
    time_axis,
)
from stockstorm.reports.render.view import RunView
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

Interval = tuple[float, float]  # seconds


def backlog(view: RunView) -> Figure | None:
    """Open deliveries above, owed changes of listings below."""
    webhooks, changes = _webhooks(view), _changes(view)
    if not webhooks and not changes:
        return None
    hover = "%{y:,} at %{x:.1f} s"
    traces: list[dict[str, Any]] = []
    for name, intervals, colour, yaxis in (
        ("webhooks due and not acknowledged", webhooks, "@ack-strong", "y"),
        ("changes of stock that a listing does not show yet", changes, "@sync-strong", "y2"),
    ):
        steps = open_at(intervals, view.end_s)
        drawn = thin_steps([at for at, _ in steps], [count for _, count in steps])
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


def open_at(intervals: Sequence[Interval], end_s: float) -> list[tuple[float, int]]:
    """How many intervals are open from each moment on, from 0 to `end_s`. One that never ends stays open."""
    begins = sorted([begin for begin, _ in intervals])
    ends = sorted([end for _, end in intervals if end < end_s])
    begun, ended, last, steps = 0, 0, -math.inf, []
    for at in sorted([0.0, *begins, *ends]):
        if at != last:
            begun = bisect_right(begins, at, begun)
            ended = bisect_right(ends, at, ended)
            steps.append((at, begun - ended))
            last = at
    return [*steps, (end_s, len(begins) - len(ends))]


def _webhooks(view: RunView) -> list[Interval]:
    start_ns = view.started.at_ns
    ended = {fact.delivery: (fact.at_ns - start_ns) / SECOND_NS for fact in view.of(f.DeliveryEnded)}
    return [
        ((fact.due_ns - start_ns) / SECOND_NS, ended.get(fact.delivery, math.inf))
        for fact in view.of(f.DeliveryPlanned)
        if not fact.forged
    ]


def _changes(view: RunView) -> list[Interval]:
    return [(at, at + ms / 1000) for at, ms in zip(view.syncs.at_s, view.syncs.ms, strict=True)]
