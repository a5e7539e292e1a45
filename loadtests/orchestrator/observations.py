"""The orchestrator's own facts, in a file until the generator has closed the history, which has one writer at a time.

A run of a day has a million samples of its processes, so they are not kept in memory.
"""

import tempfile
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path

from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.history.facts import AnyFact, decoder, encoder


class Observations:
    """Facts in the order in which they were added. The file has no name and ends with the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as this object
        weakref.finalize(self, self._file.close)

    def append(self, fact: AnyFact) -> None:
        """Keep a fact. Raises LimitError when the disk fails."""
        self.extend((fact,))

    def extend(self, facts: Iterable[AnyFact]) -> None:
        """Keep facts. Raises LimitError when the disk fails."""
        try:
            self._file.write(encoder.encode_lines(list(facts)))  # a list: msgspec 0.22 never frees a tuple
        except OSError as error:
            found = f"its own facts cannot be kept in {self._folder} ({error.strerror or error})"
            remedy = "free some space or choose another folder for runs, then run again"
            raise LimitError("orchestrator", found, remedy) from error

    def __iter__(self) -> Iterator[AnyFact]:
        """All facts so far. Nothing may be added meanwhile."""
        self._file.seek(0)
        yield from map(decoder.decode, self._file)
