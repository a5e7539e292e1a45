"""A comparison on the terminal: headline, ranking, reasons, and the path of the report."""

from pathlib import Path
from typing import Final

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stockstorm.reports.compare.comparison import ACK, LOST, OVERSOLD, P50, P95, Comparison, Entry, RateComparison
from stockstorm.reports.formats import SIGNS
from stockstorm.reports.render.comparison.formats import (
    VERDICTS,
    rank_text,
    rate_text,
    size_text,
    spread_text,
    tier_text,
    value_text,
)
from stockstorm.reports.render.terminal import COLOURS
from stockstorm.reports.result import printable

WIDE: Final = 120
COLUMNS: Final = (  # measure, column title, whether its interval is shown
    (P50, "sync p50", False),
    (P95, "sync p95", True),
    (OVERSOLD, "oversold", True),
    (LOST, "lost", True),
    ("refused.attempts", "refused", False),
    (ACK, "ack p99", False),
    ("work.cores", "CPU", False),
)
NARROW: Final = (P95, OVERSOLD, LOST)


def print_comparison(comparison: Comparison, console: Console, page: Path | None = None) -> None:
    """Print the ranking at every rate. The path `page` is printed at the end."""
    for at_rate in comparison.by_rate:
        console.print(_panel(comparison, at_rate))
        console.print(_ranking(at_rate, console.width))
    for at_rate in comparison.by_rate:
        for entry in at_rate.entries:
            for line in _reasons(entry):
                console.print(line)
    if page is not None:
        console.print(_text(str(page), "cyan"), soft_wrap=True)
    console.print(_text(f"replay: {comparison.matrix.replay}", "dim"), soft_wrap=True)


def _panel(comparison: Comparison, at_rate: RateComparison) -> Panel:
    ranked = any(entry.rank == 1 for entry in at_rate.entries)
    colour = "green" if ranked and comparison.complete else "yellow"
    lines = [_text(at_rate.headline, f"bold {colour}")]
    lines += [_text(f"• {finding}") for finding in at_rate.findings]
    if not comparison.complete:
        lines.append(_text("• Not all runs of this comparison are complete.", "yellow"))
    lines.append(_text(f"{size_text(comparison)} · {rate_text(at_rate)}", "dim"))
    return Panel(Group(*lines), title=_text(comparison.matrix.scenario), border_style=colour, title_align="left")


def _ranking(at_rate: RateComparison, width: int) -> Table:
    """One row for each entry. A narrow terminal has fewer columns."""
    table = Table(title="Ranking", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("subject", overflow="fold", min_width=15)
    table.add_column("checks", no_wrap=True)
    columns = [column for column in COLUMNS if width >= WIDE or column[0] in NARROW]
    for _, title, _ in columns:
        table.add_column(title, justify="right", no_wrap=True)
    if width >= WIDE:
        table.add_column("tier", no_wrap=True)
    for entry in at_rate.entries:
        table.add_row(
            rank_text(entry),
            _text(entry.label, "bold"),
            _text(f"{SIGNS[entry.verdict]} {VERDICTS[entry.verdict]}", COLOURS[entry.verdict]),
            *(_cell(entry, measure, with_spread) for measure, _, with_spread in columns),
            *([tier_text(entry)] if width >= WIDE else []),
        )
    return table


def _cell(entry: Entry, measure: str, with_spread: bool) -> Text:
    interval = entry.measures.get(measure)
    text = _text(value_text(measure, None if interval is None else interval.value))
    if with_spread and (found := spread_text(measure, interval)):
        text.append(f"\n{found}", "dim")
    return text


def _reasons(entry: Entry) -> list[Text]:
    lines = [
        Text.assemble((f"{SIGNS[entry.verdict]} {entry.label}: ", COLOURS[entry.verdict]), reason)
        for reason in entry.reasons[:4]
    ]
    return lines + [
        _text(f"{entry.label}, {check.replace('_', ' ')} is excused: {why}", "dim")
        for check, why in entry.excused.items()
    ]


def _text(text: str, style: str = "") -> Text:
    """Text without signs that a terminal would obey."""
    return Text(printable(text), style)
