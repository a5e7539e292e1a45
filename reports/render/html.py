"""report.html: the whole report in one file that needs no network, in the reader's light or dark theme."""

from pathlib import Path

from stockstorm.reports.formats import wall_text
from stockstorm.reports.history import History
from stockstorm.reports.render.figures import draw_all
from stockstorm.reports.render.files import write_run_file
from stockstorm.reports.render.page import render_document
from stockstorm.reports.render.sections.faults import faults
from stockstorm.reports.render.sections.incidents import incidents
from stockstorm.reports.render.sections.memory import memory
from stockstorm.reports.render.sections.summary import banner, causes, tiles
from stockstorm.reports.render.sections.tables import checks, classes, run_facts, topics
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder


def html(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write the report into the run's folder."""
    return write_run_file(folder.report, report_page(result, history))


def report_page(result: Result, history: History) -> str:
    """The report as one HTML document."""
    view = RunView(result, history)
    figures = draw_all(view)
    return render_document(
        "report/page.html",
        title=f"{result.verdict}: {result.scenario} · {result.subject}",
        figures=figures.values(),
        heading=history.scenario.title or result.scenario,
        shows=history.scenario.shows,
        about=f"{result.subject} · run {result.run} · seed {result.seed} · {wall_text(result.started_wall_ns)}",
        banner=banner(view),
        causes=causes(view),
        tiles=tiles(view),
        topics=topics(view),
        faults=faults(view),
        classes=classes(view),
        memory=memory(view),
        incidents=incidents(view),
        checks=checks(view),
        facts=run_facts(view),
        run=result.run,
        drawn=figures,
    )
