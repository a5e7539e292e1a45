"""Renderers: a judged run in one form each. To add one, add its file and one line to `RENDERERS`."""

from pathlib import Path
from typing import Final, Protocol

from stockstorm.reports.collector import collector_paused
from stockstorm.reports.history import History
from stockstorm.reports.render.bodies import bodies
from stockstorm.reports.render.files import json_file
from stockstorm.reports.render.html import html
from stockstorm.reports.render.junit import junit
from stockstorm.reports.render.markdown import markdown
from stockstorm.reports.render.terminal import terminal
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder


class Renderer(Protocol):
    """Shows a result. Writes a file into the run's folder and returns its path, or returns None when it writes none.

    Raises HistoryError when the file cannot be written.
    """

    def __call__(self, result: Result, history: History, folder: RunFolder) -> Path | None: ...


RENDERERS: Final[dict[str, Renderer]] = {
    "json": json_file,
    "junit": junit,
    "markdown": markdown,
    "bodies": bodies,
    "html": html,
    "terminal": terminal,  # last, since it lists the files that exist
}


def render_all(result: Result, history: History, folder: RunFolder, *names: str) -> dict[str, Path]:
    """Show a result in the named forms (all when none is named). Returns the files written, by name.

    Raises KeyError for a name that is not in `RENDERERS`.
    """
    written = {}
    with collector_paused():
        for name in names or tuple(RENDERERS):
            path = RENDERERS[name](result, history, folder)
            if path is not None:
                written[name] = path
    return written
