"""comparison.html: ranking, differences and their certainty, in one file that needs no network."""

from pathlib import Path
from typing import Final

import msgspec

from stockstorm.reports.compare.comparison import Comparison, RateComparison
from stockstorm.reports.formats import TIER_NAMES
from stockstorm.reports.render.comparison import tables
from stockstorm.reports.render.comparison.figures import FigureContext, draw_all
from stockstorm.reports.render.comparison.formats import rate_text, size_text, tier_text
from stockstorm.reports.render.figures.layout import Figure
from stockstorm.reports.render.files import write_report
from stockstorm.reports.render.page import render_document
from stockstorm.reports.verdict.tiers import LIMITS_MS


class TierLine(msgspec.Struct, frozen=True):
    """The entries whose strictest tier is this one."""

    name: str
    tone: str  # a verdict, or "none"
    labels: str


class RatePart(msgspec.Struct, frozen=True):
    """Everything on the page about one rate."""

    title: str  # empty when there is only one rate
    tone: str
    headline: str
    findings: tuple[str, ...]
    tiers: list[TierLine]
    ranking: list[tables.RankingRow]
    differences: tables.DifferenceTable
    guarantees: list[tables.GuaranteeRow]
    claims: list[tables.ClaimRow]
    runs: tables.RunTable
    figures: list[Figure]


RANKING: Final = (
    "Correctness ranks before speed: a subject that loses events, applies them twice or accepts forged ones is not "
    "ranked by its speed. A subject without a run of every seed is not ranked. Latencies are those of all seeds "
    "together. Counts are means per run. Below each is its 95 % interval. Ranks go by the difference seed by seed, so "
    "intervals of neighbours may overlap. Subjects with equal ranks do not differ significantly."
)


def write_page(comparison: Comparison, path: Path) -> None:
    """Write the report of a comparison. Raises HistoryError."""
    write_report(path, comparison_page(comparison), f"stockstorm compare --continue {path.parent}")


def comparison_page(comparison: Comparison) -> str:
    """The comparison as one HTML document."""
    parts = [_part(comparison, at_rate, number) for number, at_rate in enumerate(comparison.by_rate)]
    return render_document(
        "comparison/page.html",
        title=f"compared: {comparison.matrix.scenario}",
        figures=[figure for part in parts for figure in part.figures],
        styles=["comparison.css"],
        heading=f"{comparison.matrix.title}: subjects compared",
        shows=comparison.matrix.shows,
        size=size_text(comparison),
        base=comparison.base,
        complete=comparison.complete,
        ranking_caption=RANKING,
        parts=parts,
        facts=tables.facts(comparison),
    )


def _part(comparison: Comparison, at_rate: RateComparison, number: int) -> RatePart:
    ranked = any(entry.rank == 1 for entry in at_rate.entries)
    return RatePart(
        title=rate_text(at_rate).capitalize() if len(comparison.by_rate) > 1 else "",
        tone="valid" if ranked and comparison.complete else "unknown",
        headline=at_rate.headline,
        findings=at_rate.findings,
        tiers=_tiers(at_rate),
        ranking=tables.ranking(at_rate, comparison.currency),
        differences=tables.differences(at_rate, comparison),
        guarantees=tables.guarantees(at_rate),
        claims=tables.claims(at_rate),
        runs=tables.runs(at_rate),
        figures=draw_all(FigureContext(comparison.matrix, at_rate, f"-{number}" if number else "")),
    )


def _tiers(at_rate: RateComparison) -> list[TierLine]:
    """Entries by the strictest tier that they qualify for, strictest first, then entries without a tier."""
    rows = [(TIER_NAMES[tier], TIER_NAMES[tier], "valid") for tier in reversed(LIMITS_MS)]
    rows += [("none", "no tier", "invalid"), ("unknown", "unknown", "unknown")]
    found = []
    for wanted, name, tone in rows:
        labels = [entry.label for entry in at_rate.entries if tier_text(entry) == wanted]
        if labels or tone == "valid":
            found.append(TierLine(name, tone if labels else "none", ", ".join(labels) or "none"))
    return found
