"""report.html: the whole report in one file that needs no network, in the reader's light or dark theme.

Scripts are allowed by their digest only and nothing may be loaded, so text out of a scenario or a subject can do no
harm even if an escape were forgotten.
"""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path

import msgspec

from reports.history import History
from reports.render.figures import Figure
from reports.render.figures.registry import draw_all
from reports.render.markup import Markup, join, tag
from reports.render.sections.banner import banner, header, tiles
from reports.render.sections.classes import classes
from reports.render.sections.incidents import incidents
from reports.render.sections.tables import checks, run_facts
from reports.render.view import RunView
from reports.result import Result
from reports.store import RunFolder


def html(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write the report into the run's folder."""
    folder.report.write_text(report_page(result, history), encoding="utf-8")
    return folder.report


def report_page(result: Result, history: History) -> str:
    """The report as one HTML document."""
    view = RunView(result, history)
    figures = draw_all(view)
    body = join([header(view), banner(view), tiles(view), *_sections(view, figures), _footer(view)])
    drawn = [figure for figure in figures.values() if figure.traces]
    data = tag("script", _json_for_script(drawn), type="application/json", id="figures")
    scripts = [_plotly(), _own("report.js")]
    head = join(
        [
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"{result.verdict}: {result.scenario} · {result.subject}"),
            tag("style", _own("report.css")),
        ]
    )
    page = tag(
        "html", tag("head", head), tag("body", tag("main", body), data, *(tag("script", s) for s in scripts)), lang="en"
    )
    return f"<!doctype html>\n{page}\n"


def _sections(view: RunView, figures: dict[str, Figure]) -> list[Markup]:
    def drawn(name: str) -> list[Markup]:
        return [_figure(figures[name])] if name in figures else []

    return [
        *drawn("latency_over_time"),
        *drawn("latency_distribution"),
        *drawn("hot_stock"),
        _section("Events by class", classes(view)),
        *drawn("deliveries"),
        *drawn("load"),
        *drawn("generator"),
        *drawn("processes"),
        _section("Incidents", incidents(view)),
        _section("Checks and thresholds", checks(view)),
        _section("This run", run_facts(view)),
    ]


def _section(title: str, *content: Markup) -> Markup:
    return tag("section", tag("h2", title), *content)


def _figure(figure: Figure) -> Markup:
    if not figure.traces:
        return _section(figure.title, tag("p", figure.caption, class_="caption"))
    # The height stands there before the script draws, so that the page does not jump.
    box = tag("div", "", class_="figure", id=f"figure-{figure.name}", style=f"min-height:{figure.height_px}px")
    return _section(figure.title, tag("p", figure.caption, class_="caption"), box)


def _footer(view: RunView) -> Markup:
    text = f"Made from the run's history alone; make it again with: stockstorm check {view.result.run}"
    return tag("footer", tag("p", text))


def _own(name: str) -> Markup:
    return Markup((files("reports") / "render" / name).read_text(encoding="utf-8"))


def _plotly() -> Markup:
    text = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    # A closing tag inside a string of the library would end the element early.
    return Markup(text.replace("</script", "<\\/script"))


def _json_for_script(figures: list[Figure]) -> Markup:
    text = msgspec.json.encode(figures).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _policy(scripts: list[Markup]) -> str:
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"
