"""The top of the report: the verdict with its reasons, the tiers, and the key figures as tiles."""

from typing import Final

from stockstorm.reports.formats import (
    SIGNS,
    duration_text,
    interval_text,
    measure_name,
    measure_text,
    number_text,
    oversell_summary,
    tier_headline,
    tier_name,
    wall_text,
)
from stockstorm.reports.render.markup import Markup, join, tag
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import ThresholdOutcome, Verdict, counted
from stockstorm.reports.verdict.tiers import judged_measure

HEADLINES: Final[dict[Verdict, str]] = {
    "valid": "Valid: it held",
    "invalid": "Invalid: it did not hold",
    "unknown": "Unknown: it cannot be told",
}
REASONS_SHOWN: Final = 6


def header(view: RunView) -> Markup:
    """Title of the scenario, and which run of whom this is."""
    result = view.result
    title = view.history.scenario.title or result.scenario
    shows = view.history.scenario.shows
    line = f"{result.subject} · run {result.run} · seed {result.seed} · {wall_text(result.started_wall_ns)}"
    about = [tag("p", shows, class_="sub")] if shows else []
    return tag("header", tag("h1", title), *about, tag("p", line, class_="sub"))


def banner(view: RunView) -> Markup:
    """Verdict and reasons on the left, tiers on the right."""
    result = view.result
    shown = result.reasons[:REASONS_SHOWN]
    reasons = [tag("li", reason) for reason in shown]
    if len(result.reasons) > len(shown):
        reasons.append(tag("li", f"and {len(result.reasons) - len(shown)} more, in the table of checks"))
    why = tag("ul", *reasons) if reasons else tag("p", "Every check and threshold holds.")
    same = len({tier.reason for tier in result.tiers}) == 1
    tiers = [
        tag("li", badge(tier.verdict, tier_name(tier)), *([] if same else [tag("span", tier.reason, class_="why")]),
            class_=f"tone-{tier.verdict}")
        for tier in reversed(result.tiers)
    ]  # fmt: skip
    shared = [tag("p", result.tiers[0].reason, class_="sub")] if same else []
    if summary := oversell_summary(result):
        shared.append(tag("p", sentence(summary), class_="sub"))
    headline = f"{SIGNS[result.verdict]} {HEADLINES[result.verdict]}"
    left = tag("div", tag("p", headline, class_="verdict"), tag("p", tag("b", sentence(tier_headline(result)))), why)
    right = tag(
        "div", tag("h3", "Tiers of sync latency", style="margin-top:0"), tag("ul", *tiers, class_="tiers"), *shared
    )
    return tag("div", left, right, class_=f"banner tone-{result.verdict}")


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def badge(verdict: Verdict, text: str = "") -> Markup:
    """A verdict as sign and word, never as colour alone."""
    return tag("span", f"{SIGNS[verdict]} {text or verdict}", class_=f"badge tone-{verdict}")


def tiles(view: RunView) -> Markup:
    """The figures that a reader looks for first."""
    measures, intervals = view.result.measures, view.result.intervals
    sync = judged_measure(view.history.scenario)
    owed = measures.get("sync_latency_ms.owed")
    detail = interval_text(intervals.get(sync)) + (f"; {counted(int(owed), 'change')} owed" if owed is not None else "")
    median = measures.get("ack_time_ms.p50")
    parts = [
        _tile(
            view, "Ack time, p99", "ack_time_ms.p99", f"median {duration_text(median)}" if median is not None else ""
        ),
        _tile(view, measure_name(sync).capitalize(), sync, detail),
        _tile(view, "Oversold units", "oversell.units", _oversell_detail(view)),
        _load_tile(view),
        _tile(view, "Events lost", "lost.events", "acknowledged, and without effect", "nothing_lost"),
        _tile(view, "Orders applied twice", "applied_twice.orders", "", "applied_twice"),
        _tile(view, "Forged deliveries accepted", "forged.accepted", f"of {len(view.forged):,} sent", "forged"),
        _drift_tile(view),
    ]
    return tag("div", *parts, class_="tiles")


def _oversell_detail(view: RunView) -> str:
    measures = view.result.measures
    parts = []
    if "oversell.bound_per_exposure" in measures:
        parts.append(oversell_summary(view.result))
    elif (incidents := measures.get("oversell.incidents")) is not None:
        parts.append(f"in {counted(int(incidents), 'order')}")
    if value := measures.get("oversell.value"):
        parts.append(f"worth {measure_text('oversell.value', value, view.currency)}")
    if (refused := measures.get("refused.attempts")) is not None:
        parts.append(f"beside {counted(int(refused), 'buyer')} refused though available")
    return ", ".join(parts)


def _tile(view: RunView, name: str, measure: str, detail: str, check: str = "") -> Markup:
    value = view.result.measures.get(measure)
    threshold = next((line for line in view.result.thresholds if line.measure == measure), None)
    verdict = threshold.verdict if threshold else _verdict_of(view, check)
    return _box(name, measure_text(measure, value, view.currency), detail, verdict, threshold)


def _verdict_of(view: RunView, name: str) -> Verdict | None:
    return next((check.verdict for check in view.result.checks if check.name == name), None)


def _box(
    name: str, value: str, detail: str, verdict: Verdict | None, threshold: ThresholdOutcome | None = None
) -> Markup:
    wanted = f"{verdict}, wanted {threshold.condition}" if threshold and verdict else ""
    shown = [badge(verdict, wanted)] if verdict else []
    parts = [tag("div", name, class_="name"), tag("div", value, class_="value"), tag("div", detail, class_="detail")]
    return tag("div", join([*parts, *shown]), class_=f"tile tone-{verdict}" if verdict else "tile")


def _load_tile(view: RunView) -> Markup:
    offered = measure_text("delivery.offered_per_s", view.result.measures.get("delivery.offered_per_s"))
    throughput = measure_text("delivery.throughput_per_s", view.result.measures.get("delivery.throughput_per_s"))
    return _box(
        "Offered load", offered, f"throughput {throughput} acknowledged, over {view.load_end_s:,.0f} s of load", None
    )


def _drift_tile(view: RunView) -> Markup:
    names = ("listings", "orders")
    found = [view.result.measures.get(f"drift.{name}") for name in names]
    known = [value for value in found if value is not None]
    value = number_text(sum(known)) if known else "not measured"
    pairs = zip(names, found, strict=True)
    detail = ", ".join(f"{name} {number_text(count)}" for name, count in pairs if count is not None)
    return _box("Wrong at rest (drift)", value, detail, _verdict_of(view, "drift"))
