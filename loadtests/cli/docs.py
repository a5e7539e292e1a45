"""`stockstorm docs`: the pages of the documentation that users need, also where no clone is."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from stockstorm.loadtests.cli.command import takes
from stockstorm.loadtests.cli.json_option import JsonOptions
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.json_output import JSON
from stockstorm.scenarios.problems import did_you_mean
from stockstorm.simulator.errors import ScenarioError

SUFFIX: Final = ".md"


def _pages() -> Iterator[tuple[str, Traversable]]:
    """Files by name: in a clone links to `docs/`, in the wheel copies."""
    for page in (files("stockstorm") / "docs").iterdir():
        if page.name.endswith(SUFFIX):
            yield page.name.removesuffix(SUFFIX), page


class DocsOptions(JsonOptions):
    """Flags of `stockstorm docs`."""

    page: Annotated[
        str,
        Flag(
            "name of a page, as messages give it, e.g. docs/own_service.md",
            positional=True,
            words=lambda: [name for name, _ in _pages()],
        ),
    ] = ""


@takes(DocsOptions)
def docs_command(options: DocsOptions, _context: typer.Context) -> None:
    """List the pages of the documentation, or print one of them, in Markdown."""
    pages = dict(sorted(_pages()))
    if not options.page:
        _list(pages, options.as_json)
        return
    name = options.page.removeprefix("docs/").removesuffix(SUFFIX)
    if name not in pages:
        raise ScenarioError("PAGE", f"there is no page {options.page!r}", did_you_mean(name, pages))
    text = pages[name].read_text(encoding="utf-8")
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
