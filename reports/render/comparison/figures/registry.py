"""Which figures a comparison has, in reading order. A new one adds its file and one line here."""

from reports.render.comparison.figures import Drawer, Sheet
from reports.render.comparison.figures.curves import curves
from reports.render.comparison.figures.glance import glance
from reports.render.comparison.figures.tradeoff import tradeoff
from reports.render.comparison.figures.work import work
from reports.render.figures import Figure

FIGURES: tuple[Drawer, ...] = (glance, curves, tradeoff, work)


def draw_board(sheet: Sheet) -> list[Figure]:
    """Every figure of a board that has something to show."""
    return [figure for drawer in FIGURES if (figure := drawer(sheet)) is not None]
