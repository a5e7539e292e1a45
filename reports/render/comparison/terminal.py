"""The terminal: who wins, the ranking as a table, what was found, and where the report is."""

from pathlib import Path
from typing import Final

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stockstorm.reports.compare.comparison import ACK, LOST, OVERSOLD, P50, P95, Board, Comparison, Entry
from stockstorm.reports.formats import SIGNS
from stockstorm.reports.render.comparison.words import PROMISES, amount, extent, rank_text, rate_text, span, tier_text
from stockstorm.reports.render.terminal import COLOURS

WIDE: Final = 120
COLUMNS: Final = (  # measure, headline, whether its interval is shown
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
    """Print every board; `page` is named at the end."""
    for board in comparison.boards:
        console.print(_panel(comparison, board))
        console.print(_ranking(board, console.width))
    for board in comparison.boards:
        for entry in board.entries:
            for line in _remarks(entry):
                console.print(line)
    if page is not None:
        console.print(Text(str(page), "cyan"), soft_wrap=True)
    console.print(Text(f"replay: {comparison.matrix.replay}", "dim"), soft_wrap=True)


def _panel(comparison: Comparison, board: Board) -> Panel:
    won = any(entry.rank == 1 for entry in board.entries)
    colour = "green" if won and comparison.complete else "yellow"
    lines = [Text(board.headline, f"bold {colour}")]
    lines += [Text(f"• {finding}") for finding in board.findings]
    if not comparison.complete:
        lines.append(Text("• Not all runs of this comparison were played.", "yellow"))
    lines.append(Text(f"{extent(comparison)} · {rate_text(board)}", "dim"))
    return Panel(Group(*lines), title=Text(comparison.matrix.scenario), border_style=colour, title_align="left")


def _ranking(board: Board, width: int) -> Table:
    """One row an entry; a narrow terminal gets fewer columns."""
    table = Table(title="Ranking", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("subject", overflow="fold", min_width=15)
    table.add_column("checks", no_wrap=True)
    columns = [column for column in COLUMNS if width >= WIDE or column[0] in NARROW]
    for _, title, _ in columns:
        table.add_column(title, justify="right", no_wrap=True)
    if width >= WIDE:
        table.add_column("tier", no_wrap=True)
    for entry in board.entries:
        table.add_row(
            rank_text(entry),
            Text(entry.label, "bold"),
            Text(f"{SIGNS[entry.verdict]} {PROMISES[entry.verdict]}", COLOURS[entry.verdict]),
            *(_cell(entry, measure, spanned) for measure, _, spanned in columns),
            *([tier_text(entry)] if width >= WIDE else []),
        )
    return table


def _cell(entry: Entry, measure: str, with_span: bool) -> Text:
    interval = entry.measures.get(measure)
    text = Text(amount(measure, None if interval is None else interval.value))
    if with_span and (found := span(measure, interval)):
        text.append(f"\n{found}", "dim")
    return text


def _remarks(entry: Entry) -> list[Text]:
    lines = [
        Text.assemble((f"{SIGNS[entry.verdict]} {entry.label}: ", COLOURS[entry.verdict]), reason)
        for reason in entry.reasons[:4]
    ]
    return lines + [
        Text(f"{entry.label}, {check.replace('_', ' ')} is excused: {why}", "dim")
        for check, why in entry.excused.items()
    ]
