"""summary.md: the verdict, the key measures and the incidents, for a CI job to post."""

from pathlib import Path
from typing import Final

from stockstorm.reports.formats import (
    SIGNS,
    answers_text,
    condition_text,
    effects_text,
    interval_text,
    measure_name,
    measure_text,
    oversell_summary,
    tested,
    tier_headline,
    tier_mark,
    tier_name,
)
from stockstorm.reports.history import History
from stockstorm.reports.render.causes import FirstScreen, consequences_text, first_screen, folded_text, rivals_text
from stockstorm.reports.render.files import write_run_file
from stockstorm.reports.result import Result, printable
from stockstorm.reports.store import RunFolder

KEY_MEASURES: Final = (
    "ack_time_ms.p99",
    "sync_latency_ms.p95",
    "oversell.units",
    "oversell.exposures",
    "oversell.bound_per_exposure",
    "lost.events",
    "applied_twice.orders",
    "forged.accepted",
    "drift.listings",
)
INCIDENTS_SHOWN: Final = 5


def markdown(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write summary.md into the run's folder."""
    del history
    return write_run_file(folder.summary, markdown_text(result))


def markdown_text(result: Result) -> str:
    """The summary as Markdown. Characters that Markdown or HTML would interpret are escaped."""
    lines = [f"## {SIGNS[result.verdict]} {result.verdict}: {plain(result.scenario)}", ""]
    lines += [f"{plain(result.subject)} {tier_headline(result)}. Seed {result.seed}, run `{_code(result.run)}`.", ""]
    screen = first_screen(result)
    lines += _causes(screen)
    lines += [f"- **{plain(event)}**" for event in screen.unplanned]
    lines += [f"- {plain(reason)}" for reason in screen.reasons]
    lines += [f"- {folded}"] if (folded := folded_text(screen)) else []
    lines += [f"- {SIGNS['not_exercised']} not tested: {plain('; '.join(result.untested))}"] if result.untested else []
    lines += [f"- {SIGNS['unknown']} not decided: {plain(result.undecided_text())}"] if result.undecided else []
    claims = tested(result)
    lines += [f"- {SIGNS['valid']} tested: {plain(text)}" for text in claims]
    lines += [""] * bool(result.unplanned or result.reasons or result.untested or result.undecided or claims)
    lines += _topics(result)
    lines += ["| measure | found | wanted |", "|---|---:|---|", *_measure_rows(result), ""]
    lines += [f"- {SIGNS[tier_mark(tier)]} {tier_name(tier)}: {plain(tier.reason)}" for tier in result.tiers]
    lines += [f"- {plain(summary)}"] if (summary := oversell_summary(result)) else []
    lines += [""] * bool(result.tiers) + _incidents(result)
    lines += [f"- level: {plain(result.level)}"] * bool(result.level)
    lines += [f"- rest: {plain(result.rest)}"] * bool(result.rest)
    lines += [f"- note: {plain(note)}" for note in result.notes]
    lines += [""] * bool(result.notes or result.rest or result.level)
    lines += [f"Replay: `{_code(result.replay)}`", ""]
    return printable("\n".join(lines))


def _causes(screen: FirstScreen) -> list[str]:
    lines: list[str] = []
    for number, cause in enumerate(screen.causes, 1):
        lines += [f"**Cause {number}: {plain(cause.cause)}**", ""]
        lines += [f"- {plain(evidence)}" for evidence in cause.evidence]
        lines.append(f"- → {plain(cause.remedy)}")
        lines += [f"- {plain(text)}" for text in (consequences_text(cause), rivals_text(cause)) if text]
        lines.append("")
    return [*lines, f"and {screen.more_causes} more causes", ""] if screen.more_causes else lines


def _topics(result: Result) -> list[str]:
    rows = [
        f"| {plain(one.source)} | {plain(one.topic)} | {one.events} | {plain(answers_text(one))} "
        f"| {plain(effects_text(one))} |"
        for one in result.topics
    ]
    return ["| source | topic | events | answered | effect |", "|---|---|---:|---|---|", *rows, ""] if rows else []


def _measure_rows(result: Result) -> list[str]:
    wanted = {line.measure: line for line in result.thresholds}
    names = dict.fromkeys([*KEY_MEASURES, *wanted])
    rows = []
    for name in names:
        if name not in result.measures and name not in wanted:
            continue
        line = wanted.get(name)
        aim = f"{SIGNS[line.verdict]} {condition_text(line)}" if line else ""
        interval = f" ({interval_text(result.intervals[name])})" if name in result.intervals else ""
        found = measure_text(name, result.measures.get(name))
        rows.append(f"| {plain(measure_name(name))} | {found}{interval} | {plain(aim)} |")
    return rows


def _incidents(result: Result) -> list[str]:
    lines: list[str] = []
    for check in result.checks:
        if not check.incidents:
            continue
        total = max(check.incidents_total, len(check.incidents))
        lines += [
            f"{SIGNS[check.verdict]} **{check.name.replace('_', ' ')}**, {check.verdict.replace('_', ' ')}: {total:,}",
            "",
        ]
        lines += [f"- {plain(incident.told)}" for incident in check.incidents[:INCIDENTS_SHOWN]]
        lines += [f"- and {total - INCIDENTS_SHOWN:,} more"] * (total > INCIDENTS_SHOWN) + [""]
    return lines


def plain(text: str) -> str:
    """One line of text in which Markdown and HTML interpret nothing."""
    escaped = "".join(f"\\{sign}" if sign in "\\`*|[]<>#" else sign for sign in text)
    return " ".join(escaped.split())


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").split())
