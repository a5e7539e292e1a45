"""The result on the terminal: verdict, tiers, measures, checks, incidents and the paths of the files.

User text is printed as `Text`, so Rich does not interpret markup in it.
"""

import sys
from pathlib import Path
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stockstorm.reports.formats import (
    NAMES,
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
from stockstorm.reports.history.level import full_loop
from stockstorm.reports.render.causes import (
    FirstScreen,
    cause_of,
    consequences_text,
    first_screen,
    folded_text,
    rivals_text,
)
from stockstorm.reports.result import Finding, Result, printable_in
from stockstorm.reports.store import RunFolder

COLOURS: Final[dict[Finding, str]] = {
    "valid": "green",
    "invalid": "red",
    "unknown": "yellow",
    "not_exercised": "dim",
    "measured": "dim",
}
INCIDENTS_SHOWN: Final = 10
REASONS_SHOWN: Final = 8
EVIDENCE_SHOWN: Final = 4


def terminal(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Print the result on standard output. Writes no file."""
    print_result(result, folder, Console(file=sys.stdout), history.scenario.shop.currency)
    return None


def print_result(result: Result, folder: RunFolder | None, console: Console, currency: str = "") -> None:
    """Print the result on a console. Without `folder`, no file paths are printed."""
    result = printable_in(result)
    console.print(_verdict(result))
    if result.topics:
        console.print(_topics(result))
    console.print(_measures(result, currency))
    console.print(_checks(result))
    if any(check.incidents for check in result.checks):
        console.print(_incidents(result))
    if full_loop(result.level):
        console.print(Text(f"level: {result.level}", "dim"))
    if result.rest:
        console.print(Text(f"rest: {result.rest}", "dim"))
    for note in result.notes:
        console.print(Text(f"note: {note}", "dim"))
    if folder is not None:
        for path in (folder.report, folder.junit, folder.summary, folder.result):
            if path.exists():
                console.print(Text(str(path), "cyan"), soft_wrap=True)
    console.print(Text(f"replay: {result.replay}", "dim"), soft_wrap=True)


def _mark(verdict: Finding, text: str = "") -> Text:
    return Text(f"{SIGNS[verdict]} {text or verdict.replace('_', ' ')}", COLOURS[verdict])


def _verdict(result: Result) -> RenderableType:
    lines = [Text(f"{SIGNS[result.verdict]} {result.verdict.upper()}", f"bold {COLOURS[result.verdict]}")]
    lines.append(Text(f"{result.subject} {tier_headline(result)}"))
    if result.level and not full_loop(result.level):
        lines.append(Text(f"level: {result.level}"))
    screen = first_screen(result)
    lines += _causes(screen)
    lines += [Text(f"! {event}", "bold yellow") for event in screen.unplanned]
    lines += [Text(f"• {reason}") for reason in screen.reasons[:REASONS_SHOWN]]
    if len(screen.reasons) > REASONS_SHOWN:
        lines.append(Text(f"• and {len(screen.reasons) - REASONS_SHOWN} more reasons", "dim"))
    lines += (
        [Text(f"{SIGNS['not_exercised']} not tested: {'; '.join(result.untested)}", "dim")] if result.untested else []
    )
    if result.undecided:
        lines.append(Text(f"{SIGNS['unknown']} not decided: {result.undecided_text()}", "dim"))
    lines += [Text(f"{SIGNS['valid']} tested: {text}", "dim") for text in tested(result)]
    for tier in result.tiers:
        lines.append(Text.assemble(_mark(tier_mark(tier), tier_name(tier)), (f"  {tier.reason}", "dim")))
    if summary := oversell_summary(result):
        lines.append(Text(summary, "dim"))
    return Panel(Group(*lines), title=Text(result.scenario), border_style=COLOURS[result.verdict], title_align="left")


def _causes(screen: FirstScreen) -> list[Text]:
    """Each cause with its evidence and remedy, and how many findings follow from them."""
    lines: list[Text] = []
    for number, cause in enumerate(screen.causes, 1):
        lines.append(Text(f"cause {number}: {cause.cause}", "bold"))
        lines += [Text(f"    {evidence}") for evidence in cause.evidence[:EVIDENCE_SHOWN]]
        lines.append(Text(f"    → {cause.remedy}", "cyan"))
        aside = [text for text in (consequences_text(cause), rivals_text(cause)) if text]
        lines += [Text(f"    {'; '.join(aside)}", "dim")] if aside else []
    if screen.more_causes:
        lines.append(Text(f"and {screen.more_causes} more causes, in the report", "dim"))
    if folded := folded_text(screen):
        lines.append(Text(f"• {folded}", "dim"))
    return lines


def _topics(result: Result) -> Table:
    table = Table(title="Topics", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("source", "topic", "events", "answered", "effect"):
        table.add_column(column, justify="right" if column == "events" else "left", no_wrap=column == "topic")
    for topic in result.topics:
        row = (topic.source, topic.topic, str(topic.events), answers_text(topic), effects_text(topic))
        table.add_row(*map(Text, row))
    return table


def _measures(result: Result, currency: str) -> Table:
    table = Table(title="Measures", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("measure")
    table.add_column("found", justify="right")
    table.add_column("wanted")
    table.add_column("95 % interval", style="dim")
    wanted = {line.measure: line for line in result.thresholds}
    for name in dict.fromkeys([*wanted, *(known for known in NAMES if known in result.measures)]):
        line = wanted.get(name)
        interval = (
            interval_text(result.intervals[name]).removeprefix("95 % interval").lstrip(": ")
            if name in result.intervals
            else ""
        )
        found = measure_text(name, result.measures.get(name), currency)
        table.add_row(
            Text(measure_name(name)),
            Text(found),
            _mark(line.verdict, condition_text(line)) if line else "",
            Text(interval),
        )
    return table


def _checks(result: Result) -> Table:
    table = Table(title="Checks", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("verdict", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("why")
    for check in result.checks:
        cause = cause_of(result, check.name)
        why = Text(check.reason)
        table.add_row(
            _mark(check.verdict),
            Text(check.name.replace("_", " ")),
            why.append(f" (follows from cause {cause})", "dim") if cause else why,
        )
    return table


def _incidents(result: Result) -> Table:
    table = Table(title="Incidents", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("kind", no_wrap=True)
    table.add_column("what happened")
    for check in result.checks:
        for incident in check.incidents[:INCIDENTS_SHOWN]:
            table.add_row(_mark(check.verdict, incident.kind.replace("_", " ")), Text(incident.told))
        total = max(check.incidents_total, len(check.incidents))
        if total > INCIDENTS_SHOWN:
            table.add_row("", Text(f"and {total - INCIDENTS_SHOWN:,} more of {check.name.replace('_', ' ')}", "dim"))
    return table
