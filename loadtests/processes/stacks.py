"""The stacks of a process that hangs, asked for from another process.

faulthandler writes them in C from a signal handler. That works also while a call holds the interpreter lock, or waits
in the kernel for something that can be interrupted.
"""

import faulthandler
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

FILE: Final = "stacks.txt"  # in the run's folder
SIGNAL: Final = signal.SIGUSR1
WRITTEN_WITHIN_S: Final = 3.0
STABLE_S: Final = 0.2  # without growth, the stacks are complete
THREADS_MAX: Final = 100
STACKS_MAX_BYTES: Final = 1_000_000
_OF_THREAD: Final = ("comm", "wchan", "stack")  # of /proc; only root may read the last


class Suspect(msgspec.Struct, frozen=True):
    """A process that may hang. Its standard error goes to `log`, or to a place that we cannot read (None)."""

    name: str
    pid: int
    log: Path | None


def register() -> None:
    """From now on this process writes the stacks of its threads to standard error when it is asked for them."""
    faulthandler.register(SIGNAL, all_threads=True, chain=False)


def collect(suspects: list[Suspect], file: Path) -> Path:
    """Appends the stacks of all threads of these processes to the file, which must be no link. Returns its path.

    A stopped process continues, because it cannot answer otherwise; its state before that is written first.
    """
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o644)
    with os.fdopen(fd, "wb") as out:
        for suspect in suspects:
            out.write(f"== {suspect.name}, process {suspect.pid}\n".encode())
            out.writelines(_threads(suspect.pid))
            out.write(_asked(suspect) + b"\n")
    return file


def _threads(pid: int) -> Iterator[bytes]:
    """What the kernel knows: state, name, and where each thread waits."""
    with suppress(OSError):
        for task in sorted(Path(f"/proc/{pid}/task").iterdir())[:THREADS_MAX]:
            state = _line(_read(task / "status"), "State")
            yield f"thread {task.name}: {state}\n".encode()
            for name in _OF_THREAD:
                if text := _read(task / name).strip():
                    yield f"  {name}: {text}\n".encode()


def _asked(suspect: Suspect) -> bytes:
    """What it wrote to its log when it was asked."""
    if not _answers(suspect.pid):
        return b"(it does not answer: it has ended, or it had not begun its work)\n"
    before = _size(suspect.log)
    with suppress(ProcessLookupError):
        os.kill(suspect.pid, SIGNAL)
        os.kill(suspect.pid, signal.SIGCONT)
    if suspect.log is None:
        return b"(its stacks are in its own standard error)\n"
    _wait_until_stable(suspect.log, before)
    with suspect.log.open("rb") as log:
        log.seek(before)
        return log.read(STACKS_MAX_BYTES) or b"(it did not answer)\n"


def _answers(pid: int) -> bool:
    """Whether it catches the signal. Another process would be ended by it."""
    caught = _line(_read(Path(f"/proc/{pid}/status")), "SigCgt")
    return bool(int(caught or "0", 16) & 1 << (SIGNAL - 1))


def _wait_until_stable(log: Path, before: int) -> None:
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    last = before
    while time.monotonic() < deadline:
        time.sleep(STABLE_S)
        size = _size(log)
        if size > before and size == last:
            return
        last = size


def _size(log: Path | None) -> int:
    try:
        return log.stat().st_size if log is not None else 0
    except OSError:
        return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _line(status: str, key: str) -> str:
    return next((line.partition(":")[2].strip() for line in status.splitlines() if line.startswith(f"{key}:")), "")
