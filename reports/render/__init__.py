"""Renderers: a judged run in one form each. To add one, add its file and one line to `RENDERERS`."""

from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from stockstorm.reports.collector import collector_paused
from stockstorm.reports.history import History
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder


class Renderer(Protocol):
    """Shows a result. Writes a file into the run's folder and returns its path, or returns None when it writes none.

    Raises HistoryError when the file cannot be written.
    """

    def __call__(self, result: Result, history: History, folder: RunFolder) -> Path | None: ...


def _of(module: str, name: str) -> Renderer:
    """A renderer that is imported when it is used.

    Jinja and Rich take 0.15 s, and a process that only draws figures, as the one that judges half of a history, needs
    neither.
    """

    def render(result: Result, history: History, folder: RunFolder) -> Path | None:
        renderer = cast(Renderer, getattr(import_module(f"{__name__}.{module}"), name))
        return renderer(result, history, folder)

    return render


RENDERERS: Final[dict[str, Renderer]] = {
    "json": _of("files", "json_file"),
    "junit": _of("junit", "junit"),
    "markdown": _of("markdown", "markdown"),
    "bodies": _of("bodies", "bodies"),
    "html": _of("html", "html"),
    "terminal": _of("terminal", "terminal"),  # last, since it lists the files that exist
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
