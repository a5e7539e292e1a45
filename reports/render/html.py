"""report.html: the whole report in one file that needs no network, in the reader's light or dark theme."""

from pathlib import Path

from reports.history import History
from reports.render.figures import Figure
from reports.render.figures.registry import draw_all
from reports.render.files import write_of_run
from reports.render.markup import Markup, join, tag
from reports.render.page import document, figure_section, section
from reports.render.sections.banner import banner, header, tiles
from reports.render.sections.classes import classes
from reports.render.sections.incidents import incidents
from reports.render.sections.tables import checks, run_facts
from reports.render.view import RunView
from reports.result import Result
from reports.store import RunFolder


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
