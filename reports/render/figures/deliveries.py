"""What became of the deliveries of each topic: acknowledged at once, after retries, refused, given up or left open."""

from collections import Counter, defaultdict
from typing import Any, Final

from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import label
from stockstorm.reports.render.view import RunView
from stockstorm.simulator.history import facts as f

CLASSES: Final = {
    "at the first try": "@c0",
    "after retries": "@c4",
    "forged and refused": "@c3",
    "forged and acknowledged": "@invalid",
    "given up": "@c1",
    "subscription removed": "@c5",
    "pending at the end": "@muted",
}
_OUTCOMES: Final = {"given_up": "given up", "refused": "given up", "subscription_removed": "subscription removed"}


def deliveries(view: RunView) -> Figure | None:
    """Stacked shares for each topic, with counts in the labels so that small classes are still told."""
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
        "Deliveries by topic, with their number in brackets. An attempt that times out or is not answered 2xx is "
        "retried on the policy's schedule."
    )
    return Figure("deliveries", "Deliveries by topic", caption, traces, layout, 170 + 34 * len(topics))


def _bars(name: str, colour: str, topics: list[str], shares: list[float], values: list[int]) -> dict[str, Any]:
    return {
        "type": "bar", "orientation": "h", "name": name, "y": topics, "x": [round(share, 3) for share in shares],
        "customdata": values, "marker": {"color": colour, "line": {"width": 1, "color": "@surface"}},
        "hovertemplate": "%{customdata:,} (%{x:.2f} %)",
    }  # fmt: skip


def _count(view: RunView) -> dict[str, Counter[str]]:
    tries: Counter[int] = Counter(attempt.delivery for attempt in view.of(f.AttemptEnded))
    outcomes = {ended.delivery: ended.outcome for ended in view.of(f.DeliveryEnded)}
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for planned in view.of(f.DeliveryPlanned):
        outcome = outcomes.get(planned.delivery, "pending")
        counts[planned.topic][_class(planned, outcome, tries[planned.delivery])] += 1
    return counts


def _class(planned: f.DeliveryPlanned, outcome: str, tries: int) -> str:
    if planned.forged:
        return {"refused": "forged and refused", "acknowledged": "forged and acknowledged"}.get(
            outcome, "pending at the end"
        )
    if outcome == "acknowledged":
        return "at the first try" if tries <= 1 else "after retries"
    return _OUTCOMES.get(outcome, "pending at the end")
