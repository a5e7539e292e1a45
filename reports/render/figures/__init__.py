"""Figures of the report, one a file; `registry` lists them in reading order.

A figure is a specification for Plotly. Colours are names of roles (`@ack`, `@invalid/0.15`) that the page resolves for
the reader's light or dark theme.
"""

from typing import Any, Protocol

import msgspec

from stockstorm.reports.render.view import RunView


class Figure(msgspec.Struct, frozen=True):
    """One picture with its text. `traces` and `layout` are Plotly's own vocabulary."""

    name: str
    title: str
    caption: str
    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    height_px: int


class FigureMaker(Protocol):
    """Draws one figure from a run, or nothing when the run has nothing for it."""

    def __call__(self, view: RunView) -> Figure | None: ...


def no_figure(view: RunView) -> Figure | None:
    """The maker that never has anything to show."""
    del view
    return None
