"""Which forms a result is shown in, by name. A new one adds its file and one line here."""

from pathlib import Path

from stockstorm.reports.history import History
from stockstorm.reports.render import Renderer
from stockstorm.reports.render.html import html
from stockstorm.reports.render.json_file import json_file
from stockstorm.reports.render.junit import junit
from stockstorm.reports.render.markdown import markdown
from stockstorm.reports.render.terminal import terminal
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder

RENDERERS: dict[str, Renderer] = {
    "json": json_file,
    "junit": junit,
    "markdown": markdown,
    "html": html,
    "terminal": terminal,  # last, since it names the files that are there
}


def render_all(result: Result, history: History, folder: RunFolder, *names: str) -> dict[str, Path]:
    """Show a result in the named forms (all when none is named); gives the files written, by name.

    KeyError for a name that is not in `RENDERERS`.
    """
    written = {}
    for name in names or tuple(RENDERERS):
        path = RENDERERS[name](result, history, folder)
        if path is not None:
            written[name] = path
    return written
