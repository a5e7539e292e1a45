"""Figures of a comparison, one a file; `registry` lists them in reading order.

A subject keeps its colour in all of them, and a safety stock its sign and dash. Rows stand in the order of the ranking.
"""

from typing import Any, Final, Protocol

import msgspec

from stockstorm.reports.compare.comparison import Board, Entry, Matrix
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import DASHES, label

COLOURS: Final = 8
SIGNS: Final = ("circle", "square", "diamond", "triangle-up", "star", "x")
ROW_PX: Final = 34
TALL_ROW_PX: Final = 44  # for two lines of text


class Look(msgspec.Struct, frozen=True):
    """How an entry is drawn everywhere. `sign` is hollow for one that is not known to be correct."""

    colour: str
    sign: str
    dash: str


class Sheet(msgspec.Struct, frozen=True):
    """What figures are drawn from: one board. `suffix` keeps the figures of several boards apart."""

    matrix: Matrix
    board: Board
    suffix: str

    @property
    def played(self) -> list[Entry]:
        return [entry for entry in self.board.entries if entry.runs]

    def look(self, entry: Entry) -> Look:
        subject = self.matrix.subjects.index(entry.card.name)
        stock = self.matrix.safety_stocks.index(entry.safety_stock)
        sign = SIGNS[stock % len(SIGNS)] + ("" if entry.correct == "valid" else "-open")
        return Look(f"@c{subject % COLOURS}", sign, DASHES[stock % len(DASHES)])

    def rows(self) -> dict[str, Any]:
        """The y axis with one row for each played entry, best on top."""
        several = len(self.matrix.safety_stocks) > 1
        names = [
            label(entry.card.name) + (f"<br>safety stock {entry.safety_stock}" if several else "")
            for entry in self.played
        ]
        return {
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "range": [len(names) - 0.5, -0.5],
            "showgrid": False,
            "ticks": "",
            "tickfont": {"size": 13, "color": "@ink"},
        }

    def height(self, extra_px: int) -> int:
        row_px = ROW_PX if len(self.matrix.safety_stocks) == 1 else TALL_ROW_PX
        return row_px * len(self.played) + extra_px


class Drawer(Protocol):
    """Draws one figure of a board, or nothing when it has nothing to show."""

    def __call__(self, sheet: Sheet) -> Figure | None: ...


def panel_title(text: str, domain: tuple[float, float]) -> dict[str, Any]:
    """A headline over one of several panels side by side."""
    return {
        "text": text, "xref": "paper", "yref": "paper", "x": domain[0], "xanchor": "left", "y": 1, "yanchor": "bottom",
        "yshift": 6, "showarrow": False, "font": {"color": "@ink", "size": 13},
    }  # fmt: skip
