"""Standard output and error that cannot end a run: closed, full, narrow or limited to ASCII, they lose only text."""

import codecs
import io
import os
import shutil
import sys
from contextlib import suppress
from typing import Any, Final, TextIO, cast

WIDTH_MIN: Final = 20  # columns; at 0, nothing would be printed
WIDTH_MAX: Final = 1_000  # a panel is as wide as its terminal
DIGITS_MAX: Final = 10
ERRORS: Final = "stockstorm"  # the name of our substitutes, for `codecs`
# For terminals that are limited to ASCII. Every other sign becomes a question mark.
SUBSTITUTES: Final = {
    "✓": "+",
    "✕": "x",
    "•": "*",
    "·": "-",
    "–": "-",
    "→": "->",
    "…": "...",
    "≥": ">=",
    "≤": "<=",
    "↓": "v",
    "µ": "u",
    "£": "GBP ",
    "€": "EUR ",
}


class Guarded:
    """A stream whose first failure is kept, and whose later text goes nowhere. Everything else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            return self._failed(error, len(text))

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._failed(error, 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _failed(self, error: OSError, written: int) -> int:
        """What is left in buffers goes nowhere too, because Python complains about it at its very end."""
        self.failure = self.failure or error
        with suppress(OSError, io.UnsupportedOperation):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)
        return written


def prepare_streams() -> None:
    """Guards standard output and error of this process, and opens those that were closed when it was started.

    A file that is opened later would get the number of a closed one, and then hold what is printed.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
    codecs.register_error(ERRORS, _substituted)
    bound_width()
    sys.stdout = _prepared(sys.stdout, 1)
    sys.stderr = _prepared(sys.stderr, 2)


def bound_width() -> None:
    """Makes COLUMNS, which tables and panels are as wide as, a number of columns that can be read."""
    told = os.environ.get("COLUMNS", "")
    columns = int(told) if told.isascii() and told.isdigit() and len(told) < DIGITS_MAX else None
    if columns is None:
        os.environ.pop("COLUMNS", None)
        columns = shutil.get_terminal_size().columns
    if not WIDTH_MIN <= columns <= WIDTH_MAX:
        os.environ["COLUMNS"] = str(min(max(columns, WIDTH_MIN), WIDTH_MAX))


def failure_of_output() -> OSError | None:
    """Why standard output could not be written, if it is guarded and could not."""
    output: object = sys.stdout
    return output.failure if isinstance(output, Guarded) else None


def _prepared(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:  # it was closed
        stream = os.fdopen(os.dup(number), "w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=ERRORS)
    return cast(TextIO, Guarded(stream))


def _substituted(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(SUBSTITUTES.get(sign, "?") for sign in signs), error.end
