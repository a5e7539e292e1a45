"""Which figures a comparison has, in reading order. A new one adds its file and one line here."""

from stockstorm.reports.render.comparison.figures import Drawer, Sheet
from stockstorm.reports.render.comparison.figures.curves import curves
from stockstorm.reports.render.comparison.figures.glance import glance
from stockstorm.reports.render.comparison.figures.tradeoff import tradeoff
from stockstorm.reports.render.comparison.figures.work import work
from stockstorm.reports.render.figures import Figure

FIGURES: tuple[Drawer, ...] = (glance, curves, tradeoff, work)


def draw_board(sheet: Sheet) -> list[Figure]:
    """Every figure of a board that has something to show."""
    return [figure for drawer in FIGURES if (figure := drawer(sheet)) is not None]
