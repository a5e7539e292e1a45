"""The top of the report: the verdict with its reasons, the tiers, and the key measures as tiles."""

from typing import Final

import msgspec
from markupsafe import Markup

from stockstorm.reports.formats import (
    condition_text,
    duration_text,
    interval_text,
    measure_name,
    measure_text,
    number_text,
    oversell_summary,
    tested,
    tier_headline,
    tier_mark,
    tier_name,
)
from stockstorm.reports.render.causes import EXPLAINED_MAX, first_screen, folded_text
from stockstorm.reports.render.page import render
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Finding, TierOutcome, Verdict, counted
from stockstorm.reports.verdict.thresholds import judged_check
from stockstorm.reports.verdict.tiers import judged_measure

HEADLINES: Final[dict[Verdict, str]] = {
    "valid": "Valid: every requirement is met",
    "invalid": "Invalid: a requirement is not met",
    "unknown": "Unknown: the run does not settle it",
}
REASONS_SHOWN: Final = 6


class Tier(msgspec.Struct, frozen=True):
    """One line of the list of tiers. `reason` is empty when all tiers share it."""

    name: str
    verdict: Finding
    reason: str


class Tile(msgspec.Struct, frozen=True):
    """One key measure. `badge`: the text beside the verdict's sign, empty for the verdict itself."""

    name: str
    value: str
    detail: str
    verdict: Finding | None = None
    badge: str = ""


def banner(view: RunView) -> Markup:
    """Verdict and reasons on the left, tiers on the right."""
    result = view.result
    screen = first_screen(result)
    shared = {tier.reason for tier in result.tiers}
    notes = list(shared) if len(shared) == 1 else []
    if summary := oversell_summary(result):
        notes.append(_sentence(summary))
    return render(
        "report/banner.html",
        verdict=result.verdict,
        headline=HEADLINES[result.verdict],
        tier_headline=_sentence(tier_headline(result)),
        unplanned=screen.unplanned,
        reasons=screen.reasons[:REASONS_SHOWN],
        more=max(0, len(screen.reasons) - REASONS_SHOWN),
        causes=[cause.cause for cause in screen.causes],
        folded=folded_text(screen),
        tested="; ".join(tested(result)),
        untested="; ".join(result.untested),
        undecided=result.undecided_text(),
        tiers=[_tier(tier, len(shared) > 1) for tier in reversed(result.tiers)],
        notes=notes,
    )


def causes(view: RunView) -> Markup:
    """Each cause with its evidence, what to look at, and the checks that it explains."""
    screen = first_screen(view.result)
    return render("report/causes.html", causes=screen.causes, more=screen.more_causes, explained_max=EXPLAINED_MAX)


def _tier(tier: TierOutcome, with_reason: bool) -> Tier:
    return Tier(tier_name(tier), tier_mark(tier), tier.reason if with_reason else "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def tiles(view: RunView) -> Markup:
    """The key measures, with their thresholds."""
    return render(
        "report/tiles.html",
        tiles=[
            _tile(view, "Ack time, p99", "ack_time_ms.p99", _ack_detail(view)),
            _sync_tile(view),
            _tile(view, "Oversold units", "oversell.units", _oversell_detail(view)),
            _load_tile(view),
            _tile(view, "Events lost", "lost.events", "acknowledged, and without effect"),
            _tile(view, "Orders applied twice", "applied_twice.orders", ""),
            _tile(
                view,
                "Forged deliveries accepted",
                "forged.accepted",
                f"of {len(view.history.deliveries.forged):,} sent",
            ),
            _drift_tile(view),
        ],
    )


def _ack_detail(view: RunView) -> str:
    median = view.result.measures.get("ack_time_ms.p50")
    return "" if median is None else f"median {duration_text(median)}"


def _sync_tile(view: RunView) -> Tile:
    measure = judged_measure(view.history.scenario)
    detail = interval_text(view.result.intervals.get(measure))
    owed = view.result.measures.get("sync_latency_ms.owed")
    if owed is not None:
        detail += f"; {counted(int(owed), 'change')} owed"
    return _tile(view, measure_name(measure).capitalize(), measure, detail)


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
        parts.append(f"and {counted(int(refused), 'buyer')} refused though available")
    return ", ".join(parts)


def _tile(view: RunView, name: str, measure: str, detail: str) -> Tile:
    """A measure with the verdict of its check, which includes its threshold, so that tile and check never differ."""
    value = measure_text(measure, view.result.measures.get(measure), view.currency)
    verdict = _verdict_of(view, judged_check(measure))
    line = next((line for line in view.result.thresholds if line.measure == measure), None)
    if line is None or line.verdict != verdict:
        return Tile(name, value, detail, verdict)
    return Tile(name, value, detail, verdict, f"{verdict.replace('_', ' ')}, wanted {condition_text(line)}")


def _verdict_of(view: RunView, name: str) -> Finding | None:
    return next((check.verdict for check in view.result.checks if check.name == name), None)


def _load_tile(view: RunView) -> Tile:
    offered, throughput = (
        measure_text(name, view.result.measures.get(name))
        for name in ("delivery.offered_per_s", "delivery.throughput_per_s")
    )
    detail = f"throughput {throughput} acknowledged, over {view.load_end_s:,.0f} s of load"
    return Tile("Offered load", offered, detail)


def _drift_tile(view: RunView) -> Tile:
    found = {name: view.result.measures.get(f"drift.{name}") for name in ("listings", "orders", "units")}
    known = {name: value for name, value in found.items() if value is not None}
    value = number_text(sum(known.values())) if known else "not measured"
    names = {"units": "units of the master"}
    detail = ", ".join(f"{names.get(name, name)} {number_text(count)}" for name, count in known.items())
    return Tile("Drift at rest", value, detail, _verdict_of(view, "drift"))
