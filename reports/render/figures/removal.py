"""An outage after which Shopify removed subscriptions: what was tried, what was lost, and what was made good."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.learned import How
from stockstorm.reports.history.removals import Removal
from stockstorm.reports.render.downsample import bin_width_s, thinned_open
from stockstorm.reports.render.figures.layout import (
    ABOVE_GRID,
    Figure,
    dots,
    label,
    line,
    phase_labels,
    phase_shapes,
    rounded,
    time_axis,
)
from stockstorm.reports.render.view import HistoryView
from stockstorm.reports.result import counted
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY

TOPICS_MAX: Final = 12
ROW_PX: Final = 22
MARKS_MAX: Final = 20
TOLD_SHARE: Final = 0.2  # of the largest number of a row, which is written beside its mark
HEADINGS: Final = {
    0.985: "deliveries tried: attempts a second",
    0.66: "subscriptions of the shop, by topic",
    0.3: "changes of stock that Shopify will not tell of any more, and that the subject does not know of",
}
GOOD, BAD, LOST = "@ack-strong", "@invalid", "@invalid"


class _Change(msgspec.Struct, frozen=True):
    """A change of stock that Shopify will never tell of: since when that is so, and when the subject learned of it."""

    lost_s: float
    learned_s: float  # infinite: never
    how: How


def removal(view: HistoryView) -> Figure | None:
    """Three rows over one time axis: attempts, subscriptions, and changes of stock that were lost."""
    removals = view.history.removals.all
    if not removals:
        return None
    topics = list(dict.fromkeys(each.topic for each in removals))[:TOPICS_MAX]
    changes = _lost(view)
    hover = "%{y:,} at %{x:.1f} s"
    open_ = thinned_open([(change.lost_s, change.learned_s) for change in changes], view.end_s)
    traces = [
        *_attempts(view),
        *_lives(view, topics),
        line(
            "lost and not known yet", rounded(open_.xs), open_.ys, LOST,
            shape="hv", yaxis="y3", fill="tozeroy", fillcolor="@invalid/0.18", hovertemplate=hover,
        ),
        *_healings(changes, view.end_s),
    ]  # fmt: skip
    layout: dict[str, Any] = {
        "xaxis": time_axis(view, anchor="y3"),
        "barmode": "stack",
        "bargap": 0,
        "yaxis": {"rangemode": "tozero", "domain": [0.71, 1]},
        "yaxis2": {"domain": [0.36, 0.63], "showgrid": False, "zeroline": False, "autorange": "reversed",
                   "tickvals": list(range(len(topics))), "ticktext": [label(topic) for topic in topics],
                   "automargin": True, "tickfont": {"size": 12}},
        "yaxis3": {"rangemode": "tozero", "domain": [0, 0.28]},
        "shapes": [*phase_shapes(view), *(_mark(at, colour) for at, _, colour in _moments(view))],
        "annotations": [*phase_labels(view), *_headings(), *(_said(*moment) for moment in _moments(view))],
    }  # fmt: skip
    height = 470 + ROW_PX * len(topics)
    return Figure("removal", "Outage, removal and repair", _caption(view, changes), traces, layout, height)


def _attempts(view: HistoryView) -> list[dict[str, Any]]:
    width = bin_width_s(view.end_s)
    traces = []
    for name, colour, heights in zip(
        ("attempts acknowledged", "attempts failed"), (GOOD, BAD), view.answers_a_bin, strict=True
    ):
        middles = [round((number + 0.5) * width, 3) for number in range(len(heights))]
        traces.append(
            {
                "type": "bar", "name": name, "x": middles, "y": rounded(heights), "width": width,
                "marker": {"color": colour, "line": {"width": 0}}, "hovertemplate": "%{y:,.0f}/s at %{x:.1f} s",
            }
        )  # fmt: skip
    return traces


def _lives(view: HistoryView, topics: Sequence[str]) -> list[dict[str, Any]]:
    """A line for as long as each topic has a subscription, a cross where Shopify removed it, a dot where it is back."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    gone: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    for row, topic in enumerate(topics):
        for begin_ns, end_ns, removed in _times_of(view, topic):
            first = max(0.0, view.seconds(begin_ns))
            xs += [round(first, 3), round(view.seconds(end_ns), 3), None]
            ys += [row, row, None]
            gone += [(view.seconds(end_ns), row)] if removed else []
            again += [(first, row)] if first > 0 else []
    hover = "%{x:.2f} s<extra></extra>"
    lives = line("subscribed", [], [], GOOD, width=6, yaxis="y2", hoverinfo="skip") | {"x": xs, "y": ys}
    crosses = dots(
        "removed by Shopify", [x for x, _ in gone], [y for _, y in gone], BAD,
        symbol="x", size=10, yaxis="y2", hovertemplate="removed at " + hover,
    )  # fmt: skip
    points = dots(
        "subscribed again", [x for x, _ in again], [y for _, y in again], GOOD,
        symbol="circle", size=11, yaxis="y2", hovertemplate="subscribed again at " + hover,
    )  # fmt: skip
    return [lives, crosses, points] if again else [lives, crosses]


def _times_of(view: HistoryView, topic: str) -> list[tuple[int, int, bool]]:
    """When a topic of the shop had a subscription: begin, end, and whether Shopify ended it."""
    history = view.history
    changes: list[f.SubscriptionCreated | f.SubscriptionRemoved] = [*history.all(f.SubscriptionCreated)]
    changes += history.all(f.SubscriptionRemoved)
    changes = sorted((each for each in changes if each.source == SHOPIFY and each.topic == topic), key=_at)
    found: list[tuple[int, int, bool]] = []
    alive, begin_ns = 0, 0
    for change in changes:
        if isinstance(change, f.SubscriptionCreated):
            alive += 1
            begin_ns = change.at_ns if alive == 1 else begin_ns
            continue
        alive -= 1
        if alive == 0:
            found.append((begin_ns, change.at_ns, change.by_policy))
    return [*found, (begin_ns, history.end_ns, False)] if alive else found


def _at(fact: f.Fact) -> int:
    return fact.at_ns


def _lost(view: HistoryView) -> list[_Change]:
    """Changes of stock that were given up, cancelled with their subscription, or told to nobody."""
    history, found = view.history, []
    unheard, fates, learned = history.deliveries.unheard, history.deliveries.stock_fates, history.learned
    for event in history.all(f.EventFired):
        if not learned.is_news(event):
            continue
        fate = fates.get(event.event)
        if event.event in unheard:
            lost_ns = event.at_ns
        elif fate is not None and not fate.acknowledged:
            lost_ns = fate.at_ns
        else:
            continue
        at_ns, how = learned.of(event)
        known_s = float("inf") if how == "never" else max(view.seconds(at_ns), view.seconds(lost_ns))
        found.append(_Change(view.seconds(lost_ns), known_s, how))
    return found


def _healings(changes: Sequence[_Change], end_s: float) -> list[dict[str, Any]]:
    """A mark for each interval in which answers showed lost changes, with their number where it is large."""
    width = max(bin_width_s(end_s), end_s / MARKS_MAX)
    moments: list[list[float]] = []
    for at_s in sorted(change.learned_s for change in changes if change.how == "read"):
        if moments and at_s - moments[-1][0] <= width:
            moments[-1].append(at_s)
        else:
            moments.append([at_s])
    if not moments:
        return []
    marks = [(sum(times) / len(times), len(times)) for times in moments]
    most = max(count for _, count in marks)
    xs = rounded([at_s for at_s, _ in marks])
    return [
        dots(
            "learned of from an answer", xs, [0.0] * len(xs), "@ink", symbol="triangle-up", size=11, yaxis="y3",
            mode="markers+text", text=[f"{count:,}" if count >= TOLD_SHARE * most else "" for _, count in marks],
            textposition="top center", textfont={"color": "@ink", "size": 12}, cliponaxis=False,
            customdata=[f"{count:,} shown" for _, count in marks],
            hovertemplate="%{customdata} at %{x:.1f} s<extra></extra>",
        )
    ]  # fmt: skip


def _moments(view: HistoryView) -> list[tuple[float, str, str]]:
    """The first removal and the last renewal: seconds, name, colour."""
    removals = view.history.removals.all
    found = [(view.seconds(min(each.gone_ns for each in removals)), "removed by Shopify", BAD)]
    renewed = [each.again_ns for each in removals if each.again_ns != NEVER_NS]
    return [*found, (view.seconds(max(renewed)), "subscribed again", GOOD)] if renewed else found


def _headings() -> list[dict[str, Any]]:
    """What each row shows, above it at the left."""
    return [
        {
            "text": text, "x": 0, "xref": "paper", "xanchor": "left", "y": y, "yref": "paper", "yanchor": "middle",
            "showarrow": False, "font": {"color": "@ink", "size": 12},
        }
        for y, text in HEADINGS.items()
    ]  # fmt: skip


def _mark(at_s: float, colour: str) -> dict[str, Any]:
    return {
        "type": "line", "xref": "x", "x0": at_s, "x1": at_s, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": colour, "width": 1.5, "dash": "dash"}, "layer": ABOVE_GRID,
    }  # fmt: skip


def _said(at_s: float, text: str, colour: str) -> dict[str, Any]:
    """The name of a moment, below the row of subscriptions."""
    return {
        "text": f" {text}, {at_s:.1f} s", "x": at_s, "xref": "x", "xanchor": "left", "y": 0.34, "yref": "paper",
        "yanchor": "middle", "showarrow": False, "font": {"color": colour, "size": 12},
    }  # fmt: skip


def _caption(view: HistoryView, changes: Sequence[_Change]) -> str:
    removals = view.history.removals.all
    how = Counter(change.how for change in changes)
    first_s = min(view.seconds(each.gone_ns) for each in removals)
    rule = (
        f"Shopify removes a subscription when deliveries keep failing: {counted(len(removals), 'subscription')} from "
        f"{first_s:.1f} s on. It tells nobody, and never sends again what it gave up, or what happens without a "
        "subscription."
    )
    made_good = (
        f"Lost in this way: {_losses(view)}. Among them, {counted(len(changes), 'change')} of stock by others: the "
        f"subject learned of {how['read']:,} from answers of the Admin API (▲), of {how['webhook']:,} by a later "
        f"webhook about the same level, and of {how['never']:,} never."
    )
    return f"{rule} {_renewal(removals, view)} {made_good}"


def _renewal(removals: Sequence[Removal], view: HistoryView) -> str:
    never = sum(each.again_ns == NEVER_NS for each in removals)
    if never == len(removals):
        return "The subject did not subscribe again."
    last = max(each.again_ns for each in removals if each.again_ns != NEVER_NS)
    but = f", but not to {counted(never, 'topic')}" if never else ""
    return f"The subject subscribed again at {view.seconds(last):.1f} s{but}."


def _losses(view: HistoryView) -> str:
    """ "412 events given up, and 96 to which nobody was subscribed"."""
    history = view.history
    topics = {each.topic for each in history.removals.all}
    pairs = zip(history.all(f.EventFired), history.reported.delivery, strict=True)
    classes = Counter(way for event, way in pairs if event.source == SHOPIFY and event.topic in topics)
    given_up, unheard = classes["unacknowledged"], classes["no_subscription"]
    return f"{counted(given_up, 'event')} given up, and {unheard:,} to which nobody was subscribed"
