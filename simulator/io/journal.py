"""Writes the history: the caller encodes facts as JSON lines, an operating-system thread compresses and writes them.

The caller encodes (0.4 µs a fact), because a thread that encoded in bulk would hold the interpreter lock for
milliseconds and delay every event that is due meanwhile. Compressing, hashing, writing and syncing do not hold the
lock. No fact that `write` accepted is lost unless the disk fails, and then the next call raises.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from stockstorm.simulator.errors import LimitError, StockstormError
from stockstorm.simulator.history.blocks import GENESIS, BlockWriter, Damaged, pieces, read_blocks
from stockstorm.simulator.history.facts import AnyFact, encoder
from stockstorm.simulator.limits import JOURNAL_QUEUE_MAX_FACTS

GATHER_S = 0.02  # the thread collects facts for this long, so that it wakes at most 50 times a second
POLL_S = 0.002
GIVE_WAY_S = 0.0001  # longer than the thread needs to wake; a busy loop would take the interpreter lock back
WRITE_MAX_BYTES = 1_000_000
STREAM_FACTS = 5_000


def _original(module: str, name: str) -> Any:  # Any: a function of the standard library
    """The function itself, in a process that gevent has patched too. Another process need not import gevent."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey.get_original(module, name) if monkey is not None else getattr(import_module(module), name)


_start_thread = _original("_thread", "start_new_thread")
_allocate_lock = _original("_thread", "allocate_lock")
_sleep = _original("time", "sleep")


class Journal:
    """An append-only history file. After one process has closed it, another can continue it.

    When the disk fails, every later call raises LimitError. When the queue is full, only that call raises, so that the
    end of the run can still be written; `overflowed` stays true.
    """

    def __init__(self, path: Path, limit: int = JOURNAL_QUEUE_MAX_FACTS) -> None:
        self.path = path
        self.overflowed = False
        self._limit = limit
        self._queue: deque[tuple[int, bytes]] = deque()  # (facts, their lines)
        self._taken = 0  # facts; changed by callers only
        self._written = 0  # facts; changed by the thread only
        self._failure: StockstormError | None = None
        self._syncs_wanted = self._syncs_done = 0
        self._closing = self._ended = False
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._blocks = _continued(path, self._fd)
        except OSError as error:
            raise _disk_error(path, error) from error
        self._has_work = _allocate_lock()
        self._has_work.acquire()  # the thread waits for its release
        self._asleep = False
        _start_thread(self._work, ())

    @property
    def backlog(self) -> int:
        """Facts accepted and not yet handed to the operating system."""
        return self._taken - self._written

    def write(self, facts: Iterable[AnyFact]) -> None:
        """Appends facts in this order. Raises LimitError, and then accepts none of them."""
        if not isinstance(facts, list):
            facts = list(facts)
        if self._failure is not None:
            raise self._failure
        if self._closing:
            raise RuntimeError("a fact came after the journal was closed")
        if self._taken - self._written + len(facts) > self._limit:
            self.overflowed = True
            raise _full_error(self.path, self._limit)
        if facts:
            self._queue.append((len(facts), encoder.encode_lines(facts)))
            self._taken += len(facts)
            if self._asleep:
                self._wake_thread()
            if self.backlog > self._limit // 2:
                _sleep(GIVE_WAY_S)

    def write_stream(self, facts: Iterable[AnyFact]) -> None:
        """Appends any number of facts, and waits for the disk where it has to. Raises LimitError."""
        for some in _batched(facts, STREAM_FACTS):
            while self.backlog > self._limit // 2 and self._failure is None:
                _yield_to_thread()
            self.write(some)

    def sync(self) -> None:
        """Returns when all accepted facts are on the disk. Other greenlets run meanwhile. Raises LimitError."""
        self._syncs_wanted += 1
        wanted = self._syncs_wanted
        self._wake_thread()
        while self._syncs_done < wanted and not self._ended:
            _yield_to_thread()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Writes and syncs the rest and ends the thread. Raises LimitError. A second call does nothing."""
        if self._closing:
            return
        self._syncs_wanted += 1  # before `_closing`, so that the thread does not end with facts in the queue
        self._closing = True
        try:
            self.sync()
        finally:
            while not self._ended:
                _yield_to_thread()
            os.close(self._fd)
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wake_thread(self) -> None:
        self._asleep = False
        if self._has_work.locked():
            self._has_work.release()

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while not (self._closing and self._syncs_done == self._syncs_wanted):
                self._await_work()
                wanted = self._syncs_wanted
                self._drain()
                if wanted > self._syncs_done:
                    os.fsync(self._fd)
                    self._syncs_done = wanted
            _write_all(self._fd, self._blocks.end_block())
            os.fsync(self._fd)
        except OSError as error:
            self._failure = _disk_error(self.path, error)
        finally:
            self._ended = True

    def _await_work(self) -> None:
        self._asleep = True  # before the check, so that a fact after it wakes the thread
        if not (self._queue or self._awaited()):
            self._has_work.acquire()
        self._asleep = False
        if not self._awaited():
            _sleep(GATHER_S)

    def _awaited(self) -> bool:
        """Whether a caller waits."""
        return self._closing or self._syncs_wanted > self._syncs_done

    def _drain(self) -> None:
        while self._queue:
            facts, size, lines = 0, 0, []
            while self._queue and size < WRITE_MAX_BYTES:
                count, data = self._queue.popleft()
                facts, size = facts + count, size + len(data)
                lines.append(data)
            written = self._blocks.add(b"".join(lines), facts)
            _write_all(self._fd, written + self._blocks.end_block() if self._blocks.full else written)
            self._written += facts


def _batched(facts: Iterable[AnyFact], size: int) -> Iterator[list[AnyFact]]:
    """The facts in lists of at most `size`."""
    left = iter(facts)
    while some := list(islice(left, size)):
        yield some


def _yield_to_thread() -> None:
    time.sleep(POLL_S)  # gevent's in a patched process, so that other greenlets run
    _sleep(GIVE_WAY_S)


def _write_all(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]


def _continued(path: Path, fd: int) -> BlockWriter:
    """A writer that goes on where the file ends.

    The whole lines of a process that died while it wrote become the beginning of the next block. A file that was
    damaged since is left as it is: reading it tells where.
    """
    seal, end, torn = GENESIS, 0, b""
    try:
        with path.open("rb") as file:
            for block in read_blocks(pieces(file)):
                if block.seal is None:
                    torn = block.lines
                elif block.end is not None:
                    seal, end = block.seal, block.end
    except Damaged:
        return BlockWriter(seal)
    os.ftruncate(fd, end)
    writer = BlockWriter(seal)
    if torn:
        _write_all(fd, writer.add(torn, torn.count(b"\n")))
    return writer


def _disk_error(path: Path, error: OSError) -> LimitError:
    remedy = "free some space or choose another folder for runs, then run again"
    return LimitError(f"history {path}", f"it cannot be written ({error.strerror or error})", remedy)


def _full_error(path: Path, limit: int) -> LimitError:
    remedy = "the disk is slower than the run: lower the rate, or choose a faster disk for the folder of runs"
    return LimitError(f"history {path}", f"{limit:,} facts wait to be written, which is the limit", remedy)
