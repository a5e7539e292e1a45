"""The figures of a run's report, in reading order. To add one, write its function and add one line to `FIGURES`.

The templates place the figures by name.
"""

from typing import Final, Protocol

from stockstorm.reports.render.figures.backlog import backlog
from stockstorm.reports.render.figures.deliveries import deliveries, load
from stockstorm.reports.render.figures.hot_stock import hot_stock
from stockstorm.reports.render.figures.latency import latency_distribution, latency_over_time
from stockstorm.reports.render.figures.layout import Figure, with_legend_of_faults
from stockstorm.reports.render.figures.processes import generator, memory, processes
from stockstorm.reports.render.figures.removal import removal
from stockstorm.reports.render.view import HistoryView


class FigureMaker(Protocol):
    """Draws one figure of a run. Returns None when the run has nothing for it."""

    def __call__(self, view: HistoryView) -> Figure | None: ...


FIGURES: Final[tuple[FigureMaker, ...]] = (
    removal,
    latency_over_time,
    backlog,
    latency_distribution,
    hot_stock,
    deliveries,
    load,
    generator,
    processes,
    memory,
)


def draw_all(view: HistoryView) -> dict[str, Figure]:
    """Every figure that has something to show, by name. One that raises is replaced by a sentence."""
    drawn = (view.elsewhere.value(figure_key(maker)) or draw_one(maker, view) for maker in FIGURES)
    return {figure.name: figure for figure in drawn if figure is not None}


def figure_key(maker: FigureMaker) -> str:
    """Under which name another process hands over a figure."""
    return f"figure {name_of(maker)}"


def name_of(maker: FigureMaker) -> str:
    """The name of a figure."""
    return getattr(maker, "__name__", "figure")


def draw_one(maker: FigureMaker, view: HistoryView) -> Figure | None:
    """One figure; a sentence in its place where it raises."""
    try:
        figure = maker(view)
        return figure and with_legend_of_faults(figure, view)
    except Exception as error:  # noqa: BLE001  # a defect of ours must not cost a run its whole report
        name = name_of(maker)
        caption = f"This figure could not be drawn: {type(error).__name__}: {error}"
        return Figure(name, name.replace("_", " ").capitalize(), caption, [], {}, 0)
