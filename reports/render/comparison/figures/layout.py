"""What figures of a comparison share.

A subject has the same colour in all of them, and a safety stock the same symbol and dash. Rows are in the
order of the ranking.
"""

from typing import Any, Final

import msgspec

from stockstorm.reports.compare.comparison import Entry, Matrix, RateComparison
from stockstorm.reports.render.figures.layout import DASHES, label

COLOURS: Final = 8
SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "star", "x")
ROW_PX: Final = 34
TALL_ROW_PX: Final = 44  # for two lines of text


class EntryStyle(msgspec.Struct, frozen=True):
    """How every figure draws an entry. `symbol` is hollow for an entry that is not known to be correct."""

    colour: str
    symbol: str
    dash: str


class FigureContext(msgspec.Struct, frozen=True):
    """The input of figures: the entries at one rate. `suffix` makes figure names unique per rate."""

    matrix: Matrix
    at_rate: RateComparison
    suffix: str

    @property
    def entries(self) -> list[Entry]:
        """Entries that have runs, best first."""
        return [entry for entry in self.at_rate.entries if entry.runs]

    def style_of(self, entry: Entry) -> EntryStyle:
        """Colour by subject, symbol and dash by safety stock."""
        subject = self.matrix.subjects.index(entry.subject.name)
        stock = self.matrix.safety_stocks.index(entry.safety_stock)
        symbol = SYMBOLS[stock % len(SYMBOLS)] + ("" if entry.correct == "valid" else "-open")
        return EntryStyle(f"@c{subject % COLOURS}", symbol, DASHES[stock % len(DASHES)])

    def rows(self) -> dict[str, Any]:
        """The y axis with one row for each entry, best on top."""
        several = len(self.matrix.safety_stocks) > 1
        names = [
            label(self.matrix.name(entry.subject.name)) + (f"<br>safety stock {entry.safety_stock}" if several else "")
            for entry in self.entries
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
        """Height in px of a figure with one row for each entry."""
        row_px = ROW_PX if len(self.matrix.safety_stocks) == 1 else TALL_ROW_PX
        return row_px * len(self.entries) + extra_px


def panel_title(text: str, domain: tuple[float, float]) -> dict[str, Any]:
    """The title of one of several panels side by side."""
    return {
        "text": text, "xref": "paper", "yref": "paper", "x": domain[0], "xanchor": "left", "y": 1, "yanchor": "bottom",
        "yshift": 6, "showarrow": False, "font": {"color": "@ink", "size": 13},
    }  # fmt: skip
