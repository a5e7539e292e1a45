"""Load and deliveries: what was offered and acknowledged, and the outcomes of deliveries by topic."""

from collections import Counter, defaultdict
from typing import Any, Final

from stockstorm.reports.history.deliveries import Delivery
from stockstorm.reports.render.downsample import bin_width_s, rates
from stockstorm.reports.render.figures.layout import Figure, label, line, phase_labels, phase_shapes, rounded, time_axis
from stockstorm.reports.render.view import HistoryView
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT
from stockstorm.simulator.delivery.poison import POISON
from stockstorm.simulator.history import facts as f

CLASSES: Final = {
    "at the first try": "@c0",
    "on another connection, after a kept one was dropped": "@c6",
    "after retries": "@c4",
    "forged and refused": "@c3",
    "forged and acknowledged": "@invalid",
    "another shop's, or replayed": "@c2",
    "given up": "@c1",
    "subscription removed": "@c5",
    "never sent": "@band",
    "poisonous": "@band",
    "pending at the end": "@muted",
}
_OUTCOMES: Final = {
    "given_up": "given up",
    "refused": "given up",
    "subscription_removed": "subscription removed",
    "never_sent": "never sent",
}


def load(view: HistoryView) -> Figure | None:
    """Attempts due, acknowledged and failed, a second."""
    attempts = view.of(f.AttemptEnded)
    if not attempts:
        return None
    width = max(1.0, bin_width_s(view.end_s))
    offered = view.all_seconds(attempt.due_ns for attempt in attempts)
    acknowledged = view.all_seconds(a.answered_ns for a in attempts if 200 <= a.status < 300 and not a.error)
    failed = view.all_seconds(a.at_ns for a in attempts if a.error or not 200 <= a.status < 300)
    hover = "%{y:,.1f}/s at %{x:.1f} s"
    middles, offered_rates = rates(offered, width, view.end_s)
    traces: list[dict[str, Any]] = [
        line("offered (attempts due)", middles, rounded(offered_rates), "@muted", width=5, hovertemplate=hover),
        line(
            "throughput (acknowledged)",
            middles,
            rounded(rates(acknowledged, width, view.end_s)[1]),
            "@ack-strong",
            hovertemplate=hover,
        ),
    ]
    if failed:
        failed_rates = rates(failed, width, view.end_s)[1]
        traces.append(
            line(
                "failed or refused",
                middles,
                rounded(failed_rates),
                "@invalid",
                width=1.5,
                dash="dot",
                hovertemplate=hover,
            )
        )
    layout: dict[str, Any] = {
        "xaxis": time_axis(view),
        "yaxis": {"title": {"text": "attempts a second"}, "rangemode": "tozero"},
        "shapes": phase_shapes(view),
        "annotations": phase_labels(view),
    }
    caption = (
        f"Counted in steps of {width:g} s. The load is open: it does not wait for the subject. A gap between the two "
        "lines is a growing backlog. Refused forgeries count as refused here."
    )
    return Figure("load", "Offered load and throughput", caption, traces, layout, 340)


def deliveries(view: HistoryView) -> Figure | None:
    """Stacked shares for each topic, with the number of deliveries in the labels."""
    counts = _count(view)
    if not counts:
        return None
    topics = sorted(counts, key=lambda topic: (sum(counts[topic].values()), topic))
    totals = {topic: sum(counts[topic].values()) for topic in topics}
    names = [label(f"{topic}  ({totals[topic]:,})") for topic in topics]
    traces: list[dict[str, Any]] = []
    for name, colour in CLASSES.items():
        values = [counts[topic][name] for topic in topics]
        if any(values):
            shares = [value / totals[topic] * 100 for topic, value in zip(topics, values, strict=True)]
            traces.append(_bars(name, colour, names, shares, values))
    layout: dict[str, Any] = {
        "barmode": "stack",
        "bargap": 0.35,
        "xaxis": {"range": [0, 100], "title": {"text": "share of the topic's deliveries (%)"}},
        "yaxis": {"automargin": True, "tickfont": {"size": 12}, "showgrid": False},
    }
    caption = (
        "Deliveries by topic, with their number in brackets. An attempt that times out or is not answered with 2xx is "
        "retried on the policy's schedule."
    )
    return Figure("deliveries", "Deliveries by topic", caption, traces, layout, 170 + 34 * len(topics))


def _bars(name: str, colour: str, topics: list[str], shares: list[float], values: list[int]) -> dict[str, Any]:
    return {
        "type": "bar", "orientation": "h", "name": name, "y": topics, "x": [round(share, 3) for share in shares],
        "customdata": values, "marker": {"color": colour, "line": {"width": 1, "color": "@surface"}},
        "hovertemplate": "%{customdata:,} (%{x:.2f} %)",
    }  # fmt: skip


def _count(view: HistoryView) -> dict[str, Counter[str]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for delivery in view.history.deliveries.by_id.values():
        planned = delivery.planned
        counts[planned.topic][_class(planned, delivery)] += 1
    return counts


def _class(planned: f.DeliveryPlanned, delivery: Delivery) -> str:
    outcome = delivery.outcome or "pending"
    if planned.forged in POISON:
        return "poisonous"
    if planned.forged and planned.forged not in JUDGED_BY_EFFECT:
        return {"refused": "forged and refused", "acknowledged": "forged and acknowledged"}.get(
            outcome, "pending at the end"
        )
    if planned.forged:
        return "another shop's, or replayed"
    if outcome == "acknowledged":
        if len(delivery.attempts) <= 1:
            return "at the first try"
        dropped = all(attempt.error == "dropped" for attempt in delivery.attempts[:-1])
        return "on another connection, after a kept one was dropped" if dropped else "after retries"
    return _OUTCOMES.get(outcome, "pending at the end")
