"""Flags of `stockstorm docs`, and the pages that it knows."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Final

from stockstorm.loadtests.cli.options import JsonOptions
from stockstorm.loadtests.config.flag import Flag

SUFFIX: Final = ".md"


def pages() -> Iterator[tuple[str, Traversable]]:
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
            words=lambda: [name for name, _ in pages()],
        ),
    ] = ""
