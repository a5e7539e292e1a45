"""`stockstorm docs`: the pages of the documentation that users need, also where no clone is."""

from importlib.resources.abc import Traversable

import typer
from rich.console import Console
from rich.table import Table

from stockstorm.loadtests.cli.options.docs import SUFFIX, DocsOptions, pages
from stockstorm.loadtests.json_output import JSON
from stockstorm.scenarios.problems import did_you_mean
from stockstorm.simulator.errors import ScenarioError


def docs_command(options: DocsOptions, _context: typer.Context) -> None:
    """`stockstorm docs`."""
    found = dict(sorted(pages()))
    if not options.page:
        _list(found, options.as_json)
        return
    name = options.page.removeprefix("docs/").removesuffix(SUFFIX)
    if name not in found:
        raise ScenarioError("PAGE", f"there is no page {options.page!r}", did_you_mean(name, found))
    text = found[name].read_text(encoding="utf-8")
    if options.as_json:
        JSON.print({"pages": [{"name": name, "title": _title(text), "text": text}]})
    else:
        typer.echo(text, nl=False)


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")


def _list(pages: dict[str, Traversable], as_json: bool) -> None:
    titles = {name: _title(page.read_text(encoding="utf-8")) for name, page in pages.items()}
    if as_json:
        JSON.print({"pages": [{"name": name, "title": title} for name, title in titles.items()]})
        return
    table = Table("page", "title", title="Documentation: stockstorm docs PAGE", title_justify="left")
    for name, title in titles.items():
        table.add_row(name, title)
    Console().print(table)
