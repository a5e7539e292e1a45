"""Reads what a PostgreSQL server appends to its log, and finds what the subject cannot be blamed for."""

import errno
import os
import re
from pathlib import Path
from typing import Final

PART_MAX_BYTES: Final = 256_000  # read at once; of a longer part the beginning is left out
LINE_MAX: Final = 300
_ENTRY: Final = re.compile(r"^\S+ \S+ \S+ \[\d+\] (PANIC|FATAL|ERROR|LOG):  (.*)$")  # not a statement that it quotes
_DISK: Final = tuple(os.strerror(n) for n in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS))
_ENTRIES_MAX_BYTES: Final = 16_000
_SHORT: Final = re.compile(r"^could not (extend|write)\b.*: wrote only \d+ of \d+ bytes")
_KILLED: Final = re.compile(r"\(PID \d+\) was terminated by signal \d+")


class LogWatch:
    """Each call of `sign` reads on where the last one ended."""

    def __init__(self, path: Path) -> None:
        self._path, self._read = path, 0

    def sign(self) -> str:
        """The first new entry that names a failure of the server itself, or ""."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(self._read, size - PART_MAX_BYTES))
                part = file.read(PART_MAX_BYTES)
                self._read = file.tell()
        except OSError:
            return ""
        return next(filter(None, map(_sign, part.decode("utf-8", "replace").splitlines())), "")


def last_entries(log: Path, count: int) -> str:
    """The last entries of a log without the statements that they quote, in one line. Else its last lines."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _ENTRIES_MAX_BYTES))
            lines = file.read(_ENTRIES_MAX_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return "no log"
    entries = [line for line in lines if _ENTRY.match(line)] or lines
    return "; ".join(line[:LINE_MAX] for line in entries[-count:]) or "no log"


def _sign(line: str) -> str:
    """The entry, if it says that the disk failed, that the server panicked, or that a process of it was killed."""
    entry = _ENTRY.match(line)
    if entry is None:
        return ""
    severity, text = entry.groups()
    found = severity == "PANIC" or text.endswith(_DISK) or _SHORT.match(text) or _KILLED.search(text)
    return f"{severity}: {text}"[:LINE_MAX] if found else ""
