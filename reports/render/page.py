"""One HTML document that needs no network: style, figures and the script that draws them stand inside.

Scripts are allowed by their digest only and nothing may be loaded, so text out of a scenario or a subject can do no
harm even if an escape were forgotten.
"""

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files

import msgspec

from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.markup import Markup, join, tag


def document(title: str, body: Markup, figures: Iterable[Figure], *styles: str) -> str:
    """The whole page. `styles` are names of style sheets beside the common one."""
    drawn = [figure for figure in figures if figure.traces]
    data = tag("script", _json_for_script(drawn), type="application/json", id="figures")
    scripts = [_plotly(), _own("report.js")]
    head = join(
        [
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", title),
            *(tag("style", _own(name)) for name in ("report.css", *styles)),
        ]
    )
    inside = tag("body", tag("main", body), data, *(tag("script", script) for script in scripts))
    return f"<!doctype html>\n{tag('html', tag('head', head), inside, lang='en')}\n"


def section(title: str, *content: Markup) -> Markup:
    """A part of the page with its headline."""
    return tag("section", tag("h2", title), *content)


def figure_section(figure: Figure) -> Markup:
    """A figure with its caption; only the caption when it has nothing to draw."""
    if not figure.traces:
        return section(figure.title, tag("p", figure.caption, class_="caption"))
    # The height stands there before the script draws, so that the page does not jump.
    box = tag("div", "", class_="figure", id=f"figure-{figure.name}", style=f"min-height:{figure.height_px}px")
    return section(figure.title, tag("p", figure.caption, class_="caption"), box)


def _own(name: str) -> Markup:
    return Markup((files("stockstorm.reports") / "render" / name).read_text(encoding="utf-8"))


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
