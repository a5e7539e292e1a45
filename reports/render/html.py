"""report.html: the whole report in one file that needs no network, in the reader's light or dark theme."""

from pathlib import Path

from stockstorm.reports.history import History
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.registry import draw_all
from stockstorm.reports.render.files import write_of_run
from stockstorm.reports.render.markup import Markup, join, tag
from stockstorm.reports.render.page import document, figure_section, section
from stockstorm.reports.render.sections.banner import banner, header, tiles
from stockstorm.reports.render.sections.incidents import incidents
from stockstorm.reports.render.sections.tables import checks, classes, run_facts
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder


def html(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write the report into the run's folder."""
    return write_of_run(folder.report, report_page(result, history))


def report_page(result: Result, history: History) -> str:
    """The report as one HTML document."""
    view = RunView(result, history)
    figures = draw_all(view)
    body = join([header(view), banner(view), tiles(view), *_sections(view, figures), _footer(view)])
    return document(f"{result.verdict}: {result.scenario} · {result.subject}", body, figures.values())


def _sections(view: RunView, figures: dict[str, Figure]) -> list[Markup]:
    def drawn(name: str) -> list[Markup]:
        return [figure_section(figures[name])] if name in figures else []

    return [
        *drawn("latency_over_time"),
        *drawn("latency_distribution"),
        *drawn("hot_stock"),
        section("Events by class", classes(view)),
        *drawn("deliveries"),
        *drawn("load"),
        *drawn("generator"),
        *drawn("processes"),
        section("Incidents", incidents(view)),
        section("Checks and thresholds", checks(view)),
        section("This run", run_facts(view)),
    ]


def _footer(view: RunView) -> Markup:
    text = f"Made from the run's history alone; make it again with: stockstorm check {view.result.run}"
    return tag("footer", tag("p", text))
