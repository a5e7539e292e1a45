"""comparison.html: who wins, by how much, and how sure that is, in one file that needs no network."""

from pathlib import Path

from stockstorm.reports.compare.comparison import Board, Comparison
from stockstorm.reports.formats import TIER_NAMES
from stockstorm.reports.render.comparison import tables
from stockstorm.reports.render.comparison.figures import Sheet
from stockstorm.reports.render.comparison.figures.registry import draw_board
from stockstorm.reports.render.comparison.words import extent, rate_text, tier_text
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.files import write_report
from stockstorm.reports.render.markup import Markup, join, tag
from stockstorm.reports.render.page import document, figure_section, section
from stockstorm.reports.verdict.tiers import LIMITS_MS


def write_page(comparison: Comparison, path: Path) -> None:
    """Write the report of a comparison. Raises HistoryError."""
    write_report(path, comparison_page(comparison), f"stockstorm compare --continue {path.parent}")


def comparison_page(comparison: Comparison) -> str:
    """The comparison as one HTML document."""
    figures: list[Figure] = []
    parts = [_header(comparison)]
    for number, board in enumerate(comparison.boards):
        drawn = draw_board(Sheet(comparison.matrix, board, f"-{number}" if number else ""))
        figures += drawn
        parts += _board(comparison, board, drawn)
    parts += [section("This comparison", tables.facts(comparison)), _footer()]
    return document(f"compared: {comparison.matrix.scenario}", join(parts), figures, "comparison.css")


def _header(comparison: Comparison) -> Markup:
    matrix = comparison.matrix
    lines = [tag("p", text, class_="sub") for text in (matrix.shows, extent(comparison)) if text]
    return tag("header", tag("h1", f"{matrix.title}: subjects compared"), *lines)


def _board(comparison: Comparison, board: Board, drawn: list[Figure]) -> list[Markup]:
    several = [tag("h2", rate_text(board).capitalize(), class_="board")] if len(comparison.boards) > 1 else []
    first, rest = drawn[:1], drawn[1:]
    return [
        *several,
        _banner(comparison, board),
        section("Ranking", tag("p", RANKING, class_="caption"), tables.ranking(board, comparison.currency)),
        *(figure_section(figure) for figure in first),
        section("Differences", tables.differences(board, comparison)),
        *(figure_section(figure) for figure in rest),
        section("What each architecture promises, and what it takes", tables.promises(board)),
        section("What the guide claims", tables.claims(board.claims)),
        section("Runs", tables.runs(board)),
    ]


RANKING = (
    "Being correct goes before being fast: who loses, doubles or believes forged events ranks behind, however fast. "
    "Who lacks a seed is not ranked. Latencies are those of all seeds together; counts are means per run; below each "
    "stands its 95 % interval. Ranks go by the difference seed by seed, so the intervals of neighbours may overlap. "
    "Equal ranks cannot be told apart."
)


def _banner(comparison: Comparison, board: Board) -> Markup:
    tone = "valid" if any(entry.rank == 1 for entry in board.entries) and comparison.complete else "unknown"
    unfinished = [] if comparison.complete else [tag("li", tag("b", "Not all runs of this comparison were played."))]
    said = tag("ul", *unfinished, *(tag("li", finding) for finding in board.findings))
    left = tag("div", tag("p", board.headline, class_="verdict"), said)
    tiers = tag("ul", *_tiers(board), class_="tiers")
    right = tag("div", tag("h3", "Tiers of sync latency", style="margin-top:0"), tiers)
    return tag("div", left, right, class_=f"banner tone-{tone}")


def _tiers(board: Board) -> list[Markup]:
    """Which entries qualify for which tier as their best, strictest tier first, then those of none."""
    rows = [(TIER_NAMES[tier], TIER_NAMES[tier], "valid") for tier in reversed(LIMITS_MS)]
    rows += [("none", "no tier", "invalid"), ("cannot be told", "cannot be told", "unknown")]
    found = []
    for wanted, title, tone in rows:
        labels = [entry.label for entry in board.entries if tier_text(entry) == wanted]
        if labels or tone == "valid":
            who = tag("span", ", ".join(labels) or "nobody", class_="why")
            found.append(tag("li", tag("b", title, class_="badge"), who, class_=f"tone-{tone if labels else 'nobody'}"))
    return found


def _footer() -> Markup:
    text = "Made from the histories of its runs alone; make it again with: stockstorm compare --continue PATH"
    return tag("footer", tag("p", text))
