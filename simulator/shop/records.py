"""What a shop remembers for a whole run, kept so that memory does not grow with it.

SQLite holds the pages in use in memory, and moves the others to a temporary file without a name that vanishes with the
process. Nothing is read from elsewhere and nothing outlasts the object, so the core stays a function of its input.
"""

import sqlite3
import weakref
from collections.abc import Iterable, Sequence
from typing import Any, Final

from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.limits import RECORDS_CACHE_KIB, RECORDS_STEPS_MAX

Value = int | str | bytes | None
TICK_STEPS: Final = 10_000  # SQLite counts those of one statement over all its uses
INT_MAX: Final = (1 << 63) - 1  # of SQLite


class TooMuchWork(Exception):
    """The reads of one call took more than RECORDS_STEPS_MAX steps of SQLite."""


class _Meter:
    """Counts the steps of reads, and tells SQLite to stop when there are none left."""

    def __init__(self) -> None:
        self.left, self.reading = RECORDS_STEPS_MAX, False

    def tick(self) -> bool:
        if self.reading:
            self.left -= TICK_STEPS
        return self.left < 0 and self.reading


class Records:
    """A private database with the tables that `schema` makes. Not for concurrent use.

    Calls raise LimitError, and reads TooMuchWork.
    """

    def __init__(self, *schema: str) -> None:
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._connection.close)
        # Nothing is ever rolled back or read again after a crash, so there is neither a journal nor a sync.
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{RECORDS_CACHE_KIB}"):
            self._connection.execute(f"PRAGMA {setting}")
        for statement in schema:
            self._connection.execute(statement)
        self._connection.execute("BEGIN")  # without an end, because one for each statement costs as much as the write
        self._meter: _Meter | None = None

    def begin_call(self) -> None:
        """A new call begins: the reads until the next one may take RECORDS_STEPS_MAX steps."""
        if self._meter is None:
            self._meter = _Meter()
            self._connection.set_progress_handler(self._meter.tick, TICK_STEPS)
        self._meter.left = RECORDS_STEPS_MAX

    def write(self, statement: str, values: Sequence[Value]) -> None:
        """Execute a statement that changes rows."""
        self.write_all(statement, (values,))

    def write_all(self, statement: str, rows: Iterable[Sequence[Value]]) -> None:
        """Execute a statement that changes rows, once with each of these values."""
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _failed(error) from error

    def by_id(self, query: str, row_id: int) -> Any:
        """The row of an id as a tuple, or None. It takes a few steps, which are not counted."""
        return next(iter(self._read(query, (row_id,))), None)

    def row(self, query: str, values: Sequence[Value]) -> Any:
        """The first row as a tuple, or None."""
        return next(iter(self._counted(query, values, 1)), None)

    def rows(self, query: str, values: Sequence[Value]) -> list[Any]:
        """All rows as tuples. The query limits their number."""
        return self._counted(query, values)

    def _counted(self, query: str, values: Sequence[Value], most: int = -1) -> list[Any]:
        if (meter := self._meter) is None:
            return self._read(query, values, most)
        meter.reading = True
        try:
            return self._read(query, values, most)
        finally:
            meter.reading = False

    def _read(self, query: str, values: Sequence[Value], most: int = -1) -> list[Any]:
        try:
            cursor = self._connection.execute(query, values)
            return cursor.fetchall() if most < 0 else cursor.fetchmany(most)
        except sqlite3.Error as error:
            raise self._failed_read(error) from error

    def _failed_read(self, error: sqlite3.Error) -> TooMuchWork | LimitError:
        return TooMuchWork() if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT else _failed(error)


def within(number: int) -> int:
    """The number, or the nearest one that a column can hold."""
    return max(-INT_MAX, min(number, INT_MAX))


def _failed(error: sqlite3.Error) -> LimitError:
    remedy = "free some space in the folder for temporary files (TMPDIR), then run again"
    return LimitError("the shop's records", f"they cannot be kept in a temporary file ({error})", remedy)
