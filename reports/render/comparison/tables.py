"""The tables of the comparison: ranking, differences to the base, promises and parts, claims, and every run."""

from collections.abc import Sequence
from typing import Final

from stockstorm.reports.compare.comparison import ACK, LOST, OVERSOLD, P50, P95, Board, Claim, Comparison, Entry, Said
from stockstorm.reports.compare.ranking import SEEDS_MIN, excludes_zero
from stockstorm.reports.formats import SIGNS, money_text, number_text
from stockstorm.reports.render.comparison.words import (
    PROMISES,
    TITLES,
    amount,
    bound_text,
    rank_text,
    signed,
    signed_span,
    span,
    tier_text,
)
from stockstorm.reports.render.markup import Markup, join, table, tag
from stockstorm.reports.render.sections.banner import badge
from stockstorm.reports.result import Interval, Verdict

DIFFERED: Final = (P50, P95, OVERSOLD, LOST, "refused.attempts", "work.cores", "work.cost_points", "work.statements")
TONES: Final[dict[Said, Verdict]] = {"holds": "valid", "does not hold": "invalid", "cannot be said": "unknown"}


def ranking(board: Board, currency: str) -> Markup:
    """Best first, one row an entry."""
    head = (
        "rank", "subject", "checks", "sync latency, median", "sync latency, p95", "tier", "oversold units a run",
        "lost units a run", "refused though available", "ack time, p99",
    )  # fmt: skip
    return table(head, [_ranking_row(entry, currency) for entry in board.entries], "ranking")


def _ranking_row(entry: Entry, currency: str) -> tuple[str, ...]:
    return (
        tag("b", rank_text(entry)),
        tag("b", entry.label),
        badge(entry.verdict, PROMISES[entry.verdict]),
        _cell(entry, P50),
        _cell(entry, P95),
        tier_text(entry),
        _cell(entry, OVERSOLD, _worth(entry, "oversell.value", currency), bound_text(entry)),
        _cell(entry, LOST, _worth(entry, "lost_units.value", currency)),
        _cell(entry, "refused.attempts"),
        tag("span", amount(ACK, entry.value(ACK)), class_="fixed"),
    )


def _worth(entry: Entry, measure: str, currency: str) -> str:
    value = entry.value(measure)
    return f"worth {money_text(value, currency)}" if value else ""


def _cell(entry: Entry, measure: str, *more: str) -> Markup:
    interval = entry.measures.get(measure)
    if interval is None:
        return tag("span", "–", class_="none")
    sure = span(measure, interval)
    fixed = [tag("span", sure, class_="small fixed")] if sure else []
    return join([tag("b", amount(measure, interval.value)), *fixed, *(_small(text) for text in more)])


def _small(text: str) -> Markup:
    return tag("span", text, class_="small") if text else Markup("")


def differences(board: Board, comparison: Comparison) -> Markup:
    """Every entry less the base, seed by seed. Bold: the interval excludes 0."""
    others = [entry for entry in board.entries if entry.differences]
    if not others:
        return tag("p", f"There is nothing to compare {comparison.base} with.", class_="caption")
    if any(entry.label == comparison.base for entry in others):
        others = [entry for entry in others if entry.label != comparison.base]
    measures = [name for name in DIFFERED if any(name in entry.differences for entry in others)]
    rows = [
        (tag("b", entry.label), *(_difference(name, entry.differences.get(name)) for name in measures))
        for entry in others
    ]
    return join(
        [
            tag("p", _difference_caption(comparison), class_="caption"),
            table(("subject", *(TITLES[name] for name in measures)), rows, "differences"),
        ]
    )


def _difference_caption(comparison: Comparison) -> str:
    text = f"What each subject has more (+) or less (−) a run than {comparison.base}, which played the same plans."
    if len(comparison.matrix.seeds) < SEEDS_MIN:
        return f"{text} There are no intervals, since that takes {SEEDS_MIN} seeds or more."
    return f"{text} Below: the 95 % interval over seeds; bold where it excludes 0."


def _difference(measure: str, interval: Interval | None) -> Markup:
    if interval is None:
        return tag("span", "–", class_="none")
    value = signed(measure, interval.value)
    shown = tag("b", value) if excludes_zero(interval) else tag("span", value)
    return join([shown, _small(signed_span(measure, interval))])


def promises(board: Board) -> Markup:
    """What each architecture promises and takes, and why a check failed or was excused."""
    head = ("subject", "checks", "why", "a crash loses", "parts to operate")
    rows = [
        (
            join([tag("b", entry.label), _small(entry.card.summary)]),
            badge(entry.verdict, PROMISES[entry.verdict]),
            _why(entry),
            entry.card.crash_safe or "not stated",
            ", ".join(entry.card.parts) or "not stated",
        )
        for entry in board.entries
    ]
    return table(head, rows, "promises")


def _why(entry: Entry) -> Markup:
    parts = [tag("div", reason) for reason in entry.reasons[:4]]
    if len(entry.reasons) > len(parts):
        parts.append(tag("div", f"and {len(entry.reasons) - len(parts)} more, in the reports of its runs"))
    by_reason: dict[str, list[str]] = {}
    for check, reason in entry.excused.items():
        by_reason.setdefault(reason, []).append(check.replace("_", " "))
    parts += [tag("div", f"excused, {' and '.join(checks)}: {why}") for why, checks in by_reason.items()]
    if entry.card.shortened:
        parts.append(tag("div", f"shortened: {entry.card.shortened}", class_="sub"))
    return join(parts or [tag("span", "every check that counts holds")])


def claims(found: Sequence[Claim]) -> Markup:
    """The guide's claims, with what can be said of them and what cannot."""
    rows = [
        (
            tag("b", claim.claim),
            tag("span", f"{SIGNS[TONES[claim.said]]} {claim.said}", class_=f"badge tone-{TONES[claim.said]}"),
            join([tag("div", claim.found), tag("div", claim.limits, class_="sub")]),
        )
        for claim in found
    ]
    return table(("the guide's claim", "here", "what was found, and what that cannot say"), rows, "claims")


def runs(board: Board) -> Markup:
    """Every run with a link to its own report: a row an entry, a column a seed."""
    seeds = sorted(
        {run.seed for entry in board.entries for run in entry.runs}
        | {one.key.seed for entry in board.entries for one in entry.failed}
    )
    rows = [(tag("b", entry.label), *(_run(entry, seed) for seed in seeds)) for entry in board.entries]
    return table(("subject", *(f"seed {seed}" for seed in seeds)), rows, "runs")


def _run(entry: Entry, seed: int) -> Markup:
    for one in entry.failed:
        if one.key.seed == seed:
            return join([badge("unknown", "not played"), _small(one.error)])
    run = next((run for run in entry.runs if run.seed == seed), None)
    if run is None:
        return tag("span", "not played yet", class_="none")
    p95, oversold, lost = (amount(name, run.measures.get(name)) for name in (P95, OVERSOLD, LOST))
    mark = badge(run.verdict, PROMISES[run.verdict])
    link = tag("a", "report", href=run.report) if run.report else Markup("")
    return join([mark, " ", link, _small(f"p95 {p95}, {oversold} oversold, {lost} lost")])


def facts(comparison: Comparison) -> Markup:
    """What it takes to trust and to repeat the comparison."""
    rows: list[tuple[str, str]] = [
        ("replay", tag("code", comparison.matrix.replay)),
        ("scenario", comparison.matrix.scenario),
        ("base of differences", comparison.base),
    ]
    for board in comparison.boards:
        rate = "" if board.rate is None else f" at {number_text(board.rate)} events/s"
        rows += [
            (f"plan of seed {seed}{rate}", tag("code", digest or "unknown")) for seed, digest in board.plans.items()
        ]
    rows += [
        ("commit", tag("code", comparison.commit or "unknown")),
        ("machine", ", ".join(f"{name}: {value}" for name, value in sorted(comparison.machine.items()))),
        *(("note", note) for note in comparison.notes),
    ]
    body = (tag("tr", tag("td", name), tag("td", value)) for name, value in rows)
    return tag("div", tag("table", tag("tbody", *body), class_="facts"), class_="scroll")
