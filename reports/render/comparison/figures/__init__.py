"""The figures of a comparison, in reading order. To add one, write its function and add one line to `FIGURES`."""

from typing import Final, Protocol

from stockstorm.reports.render.comparison.figures.latency import curves, tradeoff
from stockstorm.reports.render.comparison.figures.layout import FigureContext
from stockstorm.reports.render.comparison.figures.overview import overview
from stockstorm.reports.render.comparison.figures.resources import resources
from stockstorm.reports.render.figures.layout import Figure

__all__ = ["FigureContext", "draw_all"]


class FigureMaker(Protocol):
    """Draws one figure of a comparison at one rate. Returns None when it has nothing to show."""

    def __call__(self, context: FigureContext) -> Figure | None: ...


FIGURES: Final[tuple[FigureMaker, ...]] = (overview, curves, tradeoff, resources)


def draw_all(context: FigureContext) -> list[Figure]:
    """Every figure that has something to show."""
    return [figure for maker in FIGURES if (figure := maker(context)) is not None]
