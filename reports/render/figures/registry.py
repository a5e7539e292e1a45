"""Which figures the report has, in reading order. A new one adds its file and one line here."""

from stockstorm.reports.render.figures import Figure, FigureMaker
from stockstorm.reports.render.figures.deliveries import deliveries
from stockstorm.reports.render.figures.generator import generator
from stockstorm.reports.render.figures.hot_stock import hot_stock
from stockstorm.reports.render.figures.latency_distribution import latency_distribution
from stockstorm.reports.render.figures.latency_over_time import latency_over_time
from stockstorm.reports.render.figures.load import load
from stockstorm.reports.render.figures.processes import processes
from stockstorm.reports.render.view import RunView

FIGURES: tuple[FigureMaker, ...] = (
    latency_over_time,
    latency_distribution,
    hot_stock,
    deliveries,
    load,
    generator,
    processes,
)


def draw_all(view: RunView) -> dict[str, Figure]:
    """Every figure that has something to show, by name. One that raises becomes a sentence, so the others are seen."""
    drawn = (_guarded(maker, view) for maker in FIGURES)
    return {figure.name: figure for figure in drawn if figure is not None}


def _guarded(maker: FigureMaker, view: RunView) -> Figure | None:
    try:
        return maker(view)
    except Exception as error:  # noqa: BLE001  # our defect, and a run must not go without its report for it
        name = getattr(maker, "__name__", "figure")
        caption = f"This figure could not be drawn: {type(error).__name__}: {error}"
        return Figure(name, name.replace("_", " ").capitalize(), caption, [], {}, 0)
