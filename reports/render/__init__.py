"""Renderers: a judged run in one form each. `registry` lists them; adding one adds its file and one line there."""

from pathlib import Path
from typing import Protocol

from stockstorm.reports.history import History
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder


class Renderer(Protocol):
    """Shows a result; writes a file into the run's folder and returns its path, or returns None when it writes none.

    Raises HistoryError when the file cannot be written.
    """

    def __call__(self, result: Result, history: History, folder: RunFolder) -> Path | None: ...


def no_renderer(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Shows nothing."""
    del result, history, folder
    return None


def compose(*renderers: Renderer) -> Renderer:
    """All of them, one after another; the path is that of the last which wrote a file."""

    def every(result: Result, history: History, folder: RunFolder) -> Path | None:
        paths = [renderer(result, history, folder) for renderer in renderers]
        return next((path for path in reversed(paths) if path is not None), None)

    return every
