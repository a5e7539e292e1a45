"""Rows for the tables of the comparison: ranking, differences, guarantees, claims, runs and facts."""

from typing import Final, Literal

import msgspec

from stockstorm.reports.checkers import measure_of
from stockstorm.reports.compare.comparison import (
    ACK,
    DIFFERED,
    LOST,
    OVERSOLD,
    P50,
    P95,
    ClaimVerdict,
    Comparison,
    Entry,
    RateComparison,
)
from stockstorm.reports.compare.ranking import SEEDS_MIN, excludes_zero
from stockstorm.reports.formats import money_text, number_text
from stockstorm.reports.render.comparison.formats import (
    VERDICTS,
    bound_text,
    difference_range_text,
    difference_text,
    rank_text,
    spread_text,
    tier_text,
    title,
    value_text,
)
from stockstorm.reports.render.page import Fact
from stockstorm.reports.result import Interval, Verdict

CLAIM_TONES: Final[dict[ClaimVerdict, Verdict]] = {"holds": "valid", "does not hold": "invalid", "undecided": "unknown"}
REASONS_SHOWN: Final = 4


class Cell(msgspec.Struct, frozen=True):
    """A measure: its value, its interval and notes. An empty value means that it was not measured."""

    value: str = ""
    spread: str = ""
    notes: tuple[str, ...] = ()


class RankingRow(msgspec.Struct, frozen=True):
    """One entry of the ranking."""

    rank: str
    label: str
    verdict: Verdict
    verdict_text: str
    p50: Cell
    p95: Cell
    tier: str
    oversold: Cell
    lost: Cell
    refused: Cell
    ack: str


class Difference(msgspec.Struct, frozen=True):
    """One difference to the base. An empty value means that there is none. `certain`: its interval excludes 0.

    `judged` says whether that is better or worse, if the measure's declaration does.
    """

    value: str = ""
    spread: str = ""
    certain: bool = False
    judged: Literal["better", "worse", ""] = ""


class DifferenceTable(msgspec.Struct, frozen=True):
    """Rows of (label, differences). Without rows there was nothing to compare."""

    caption: str
    titles: list[str]
    rows: list[tuple[str, list[Difference]]]


class GuaranteeRow(msgspec.Struct, frozen=True):
    """What one architecture guarantees and needs, and why a check failed or was excused."""

    label: str
    summary: str
    verdict: Verdict
    verdict_text: str
    reasons: list[str]
    shortened: str
    crash_safe: str
    parts: str


class ClaimRow(msgspec.Struct, frozen=True):
    """One claim of the guide."""

    claim: str
    verdict: ClaimVerdict
    tone: Verdict
    found: str
    limits: str


class RunCell(msgspec.Struct, frozen=True):
    """One run. Without `verdict` it has not started yet. `report`: a relative path, or empty."""

    verdict: Verdict | None = None
    verdict_text: str = ""
    report: str = ""
    note: str = ""


class RunTable(msgspec.Struct, frozen=True):
    """Rows of (label, runs by seed)."""

    seeds: list[int]
    rows: list[tuple[str, list[RunCell]]]


def ranking(at_rate: RateComparison, currency: str) -> list[RankingRow]:
    """One row for each entry, best first."""
    return [_ranking_row(entry, currency) for entry in at_rate.entries]


def _ranking_row(entry: Entry, currency: str) -> RankingRow:
    return RankingRow(
        rank=rank_text(entry),
        label=entry.label,
        verdict=entry.verdict,
        verdict_text=VERDICTS[entry.verdict],
        p50=_cell(entry, P50),
        p95=_cell(entry, P95),
        tier=tier_text(entry),
        oversold=_cell(entry, OVERSOLD, _worth(entry, "oversell.value", currency), bound_text(entry)),
        lost=_cell(entry, LOST, _worth(entry, "lost_units.value", currency)),
        refused=_cell(entry, "refused.attempts"),
        ack=value_text(ACK, entry.value(ACK)),
    )


def _worth(entry: Entry, measure: str, currency: str) -> str:
    value = entry.value(measure)
    return f"worth {money_text(value, currency)}" if value else ""


def _cell(entry: Entry, measure: str, *notes: str) -> Cell:
    interval = entry.measures.get(measure)
    if interval is None:
        return Cell()
    kept = tuple(note for note in notes if note)
    return Cell(value_text(measure, interval.value), spread_text(measure, interval), kept)


def differences(at_rate: RateComparison, comparison: Comparison) -> DifferenceTable:
    """Every entry minus the base, paired by seed."""
    others = [entry for entry in at_rate.entries if entry.differences and entry.label != comparison.base]
    measures = [name for name in DIFFERED if name != ACK and any(name in entry.differences for entry in others)]
    rows = [(entry.label, [_difference(name, entry.differences.get(name)) for name in measures]) for entry in others]
    return DifferenceTable(_difference_caption(comparison), [title(name) for name in measures], rows)


def _difference_caption(comparison: Comparison) -> str:
    text = f"What each subject has more (+) or less (−) per run than {comparison.base} on the same plans."
    if len(comparison.matrix.seeds) < SEEDS_MIN:
        return f"{text} There are no intervals, because they take {SEEDS_MIN} seeds or more."
    colours = "green is better, red is worse, blue is neither"
    return f"{text} Below: the 95 % interval over seeds. Bold where it excludes 0: {colours}."


def _difference(measure: str, interval: Interval | None) -> Difference:
    if interval is None:
        return Difference()
    spread = difference_range_text(measure, interval)
    certain = excludes_zero(interval)
    return Difference(difference_text(measure, interval.value), spread, certain, _judged(measure, interval.value))


def _judged(measure: str, difference: float) -> Literal["better", "worse", ""]:
    declared = measure_of(measure)
    if declared is None or declared.more_is_worse is None or difference == 0:
        return ""
    return "worse" if (difference > 0) == declared.more_is_worse else "better"


def guarantees(at_rate: RateComparison) -> list[GuaranteeRow]:
    """One row for each entry."""
    return [
        GuaranteeRow(
            label=entry.label,
            summary=entry.subject.summary,
            verdict=entry.verdict,
            verdict_text=VERDICTS[entry.verdict],
            reasons=_reasons(entry),
            shortened=entry.subject.shortened,
            crash_safe=entry.subject.crash_safe or "not stated",
            parts=", ".join(entry.subject.parts) or "not stated",
        )
        for entry in at_rate.entries
    ]


def _reasons(entry: Entry) -> list[str]:
    reasons = list(entry.reasons[:REASONS_SHOWN])
    if len(entry.reasons) > REASONS_SHOWN:
        reasons.append(f"and {len(entry.reasons) - REASONS_SHOWN} more, in the reports of its runs")
    by_reason: dict[str, list[str]] = {}
    for check, reason in entry.excused.items():
        by_reason.setdefault(reason, []).append(check.replace("_", " "))
    return reasons + [f"excused, {' and '.join(checks)}: {reason}" for reason, checks in by_reason.items()]


def claims(at_rate: RateComparison) -> list[ClaimRow]:
    """The guide's claims, with what this comparison shows of them and what it cannot show."""
    return [
        ClaimRow(claim.claim, claim.verdict, CLAIM_TONES[claim.verdict], claim.found, claim.limits)
        for claim in at_rate.claims
    ]


def runs(at_rate: RateComparison) -> RunTable:
    """Every run with a link to its own report: one row for each entry, one column for each seed."""
    entries = at_rate.entries
    seeds = {run.seed for entry in entries for run in entry.runs}
    seeds |= {run.key.seed for entry in entries for run in entry.failed}
    columns = sorted(seeds)
    return RunTable(columns, [(entry.label, [_run_cell(entry, seed) for seed in columns]) for entry in entries])


def _run_cell(entry: Entry, seed: int) -> RunCell:
    for failed in entry.failed:
        if failed.key.seed == seed:
            return RunCell("unknown", "not completed", note=failed.error)
    run = next((run for run in entry.runs if run.seed == seed), None)
    if run is None:
        return RunCell()
    p95, oversold, lost = (value_text(name, run.measures.get(name)) for name in (P95, OVERSOLD, LOST))
    note = f"p95 {p95}, {oversold} oversold, {lost} lost" + (f"; rest {run.rest}" if run.rest else "")
    return RunCell(run.verdict, VERDICTS[run.verdict], run.report, note)


def facts(comparison: Comparison) -> list[Fact]:
    """What a reader needs to check and to repeat the comparison."""
    rows = [
        Fact("replay", comparison.matrix.replay, code=True),
        Fact("scenario", comparison.matrix.scenario),
        Fact("base of differences", comparison.base),
    ]
    for at_rate in comparison.by_rate:
        rate = "" if at_rate.rate is None else f" at {number_text(at_rate.rate)} events/s"
        rows += [
            Fact(f"plan of seed {seed}{rate}", digest or "unknown", code=True) for seed, digest in at_rate.plans.items()
        ]
    return [
        *rows,
        Fact("commit", comparison.commit or "unknown", code=True),
        Fact("machine", ", ".join(f"{name}: {value}" for name, value in sorted(comparison.machine.items()))),
        *(Fact("note", note) for note in comparison.notes),
    ]
