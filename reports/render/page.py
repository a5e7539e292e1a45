"""HTML documents from Jinja2 templates: style, figures and the script that draws them are inline.

A page needs no network. Templates escape every value that is not `Markup`. The content security policy allows scripts
by digest only and forbids loading anything, so text from a scenario or a subject is harmless even if an escape is
missing.
"""

import base64
import gzip
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stockstorm.reports.formats import SIGNS
from stockstorm.reports.render.figures.layout import Figure
from stockstorm.reports.result import printable

PACKAGE: Final = "stockstorm.reports.render"
# plotly.js-basic-dist-min as it is published: lines and bars, which is all that our figures are made of. The Python
# package `plotly` brings the whole library only, 3.5 MB more in each page, and 70 MB of modules that nothing here uses.
PLOTLY: Final = "plotly/plotly-basic.min.js.gz"


class Fact(msgspec.Struct, frozen=True):
    """One row of a table of names and values. `code`: shown in a fixed-width font."""

    name: str
    value: str
    code: bool = False


def render(template: str, **values: object) -> Markup:
    """A template of `templates/` filled with values."""
    return Markup(_environment().get_template(template).render(**values))  # noqa: S704  # templates escape


def render_document(
    template: str, title: str, figures: Iterable[Figure], styles: Iterable[str] = (), **values: object
) -> str:
    """A whole page. `template` extends document.html; `styles` are style sheets besides report.css."""
    scripts = [_plotly(), _own("report.js")]
    return render(
        template,
        title=title,
        styles=[_own(name) for name in ("report.css", *styles)],
        scripts=scripts,
        policy=_policy(scripts),
        figures_json=_json_for_script([figure for figure in figures if figure.traces]),
        **values,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    environment.globals["signs"] = SIGNS
    environment.filters["words"] = lambda name: name.replace("_", " ")
    environment.filters["number"] = lambda count: f"{count:,}"
    return environment


def _own(name: str) -> Markup:
    return Markup((files(PACKAGE) / name).read_text(encoding="utf-8"))  # noqa: S704  # our own file


@cache
def _plotly() -> Markup:
    text = gzip.decompress((files(PACKAGE) / PLOTLY).read_bytes()).decode()
    # A closing tag inside a string of the library would end the element early.
    return Markup(text.replace("</script", "<\\/script"))  # noqa: S704  # a library's file


def _json_for_script(figures: list[Figure]) -> Markup:
    text = printable(msgspec.json.encode(figures).decode())
    escaped = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(escaped)  # noqa: S704  # escaped for a script element just above


def _policy(scripts: list[Markup]) -> str:
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"
