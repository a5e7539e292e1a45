"""Which forms a result is shown in, by name. A new one adds its file and one line here."""

from pathlib import Path

from reports.history import History
from reports.render import Renderer
from reports.render.html import html
from reports.render.json_file import json_file
from reports.render.junit import junit
from reports.render.markdown import markdown
from reports.render.terminal import terminal
from reports.result import Result
from reports.store import RunFolder

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
