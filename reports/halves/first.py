"""The first process: it starts the second one, reads the half with the stock, and asks for what it does not have.

Where the second process ends, or is too slow, everything is built here. The result is the same.
"""

import fcntl
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import stockstorm
from stockstorm.reports.halves.kinds import DELIVERY, STAND_INS, Kind, digested_elsewhere, stand_ins_of
from stockstorm.reports.halves.second import ANSWER, END, GIVEN, READ
from stockstorm.reports.history.log import kind_of
from stockstorm.reports.history_file import Decoding, read_facts
from stockstorm.simulator.history.facts import Fact

IMPORT_ROOT: Final = Path(stockstorm.__file__).resolve().parents[1]
SECOND_MAX_S: Final = 300.0
PIPE_BYTES: Final = 1 << 20  # the most that Linux gives anybody by default


class Second:
    """The second process, as the `elsewhere` of a history."""

    kinds: Mapping[Kind, Kind | None] = {kind: STAND_INS[kind] for kind in DELIVERY}

    def __init__(self, file: Path) -> None:
        self._file = file
        self._values: dict[str, Any] = {}
        self._coming = {READ}  # names of values that the second process will build, or has not told of yet
        self._gifts = 0  # number of times something was given
        self._ended_after = -1  # after so many gifts nothing follows
        self._facts: dict[Kind, list[Fact]] = {}
        self._to_send: SimpleQueue[bytes] = SimpleQueue()  # empty: nothing follows
        self.failure = ""  # why this process had to do without the other one
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = _started(file)
        except OSError as error:  # the machine has too many processes, or too little memory
            self.failure = f"no second process could be started: {error.strerror or error}"
        self._sender = threading.Thread(target=self._write, name="questions", daemon=True)
        self._sender.start()
        self._bound = threading.Timer(SECOND_MAX_S, self._kill)
        self._bound.daemon = True
        self._bound.start()

    def facts(self, kind: Kind) -> list[Fact]:
        """Read here, since a whole half is too much to hand over."""
        if not self._facts:
            self._facts = _facts_of(self._file)
        return self._facts[kind]

    def value(self, name: str) -> Any:
        """Waits for it if the second process may build it."""
        while name in self._coming and self._ended_after != self._gifts:
            self._receive()
        return self._values.pop(name, None)

    def give(self, values: Mapping[str, Any]) -> None:
        """Hands over properties of the history. More values follow."""
        self._gifts += self._send(GIVEN, values)

    def answer(self, question: str, about: Any) -> Any:
        """Asks the second process and waits. None where it has ended."""
        self._send(question, about)
        while ANSWER not in self._values and self._process is not None:
            self._receive()
        return self._values.pop(ANSWER, None)

    def _send(self, what: str, about: Any) -> bool:
        """Leaves the writing to a thread, since all latencies are 8 MB and the second process reads between other work.

        If it has ended, that shows when its answer is read.
        """
        if self._process is None:
            return False
        self._to_send.put(pickle.dumps((what, about), pickle.HIGHEST_PROTOCOL))
        return True

    def _write(self) -> None:
        if self._process is None or (pipe := self._process.stdin) is None:
            return
        with suppress(OSError):
            while text := self._to_send.get():
                pipe.write(text)
                pipe.flush()

    def _receive(self) -> None:
        if self._process is None or self._process.stdout is None:
            self._coming.clear()
            return
        try:
            name, value = pickle.load(self._process.stdout)  # noqa: S301 - what our own child wrote
        except (EOFError, pickle.UnpicklingError):
            self._ended_early()
            return
        self._coming.discard(name)
        if name == READ:
            self._coming.update(value or ())
        if name == END:
            self._ended_after = value
        else:
            self._values[name] = value

    def _kill(self) -> None:
        if (process := self._process) is not None:
            self.failure = f"the second process was not done after {SECOND_MAX_S:.0f} s"
            process.kill()

    def _ended_early(self) -> None:
        if (process := self._process) is not None:
            self.close()
            if process.returncode and not self.failure:
                self.failure = f"the second process ended early, with exit status {process.returncode}"

    def close(self) -> None:
        """Ends the second process. From now on everything is built here."""
        process, self._process = self._process, None
        self._coming.clear()
        self._bound.cancel()
        if process is not None:
            process.kill()
            self._to_send.put(b"")
            self._sender.join()
            process.communicate()


def _started(file: Path) -> subprocess.Popen[bytes]:
    """In a process group of its own, so that Ctrl-C does not reach it, however early. It ends with this process."""
    path = os.pathsep.join([str(IMPORT_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(  # noqa: S603 - our own command line, no shell
        [sys.executable, "-P", "-m", "stockstorm.reports.halves", str(file.resolve())],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    )
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            _widen(pipe.fileno())
    return process


def _widen(pipe: int) -> None:
    """Lets a pipe hold PIPE_BYTES, if the system allows it.

    Threads read and write what is exchanged. After each part they wait up to 5 ms for the interpreter's lock, and a
    pipe takes 64 kB at once otherwise.
    """
    with suppress(OSError, AttributeError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _facts_of(file: Path) -> dict[Kind, list[Fact]]:
    others = STAND_INS.keys() - DELIVERY
    dropped = frozenset(STAND_INS[kind] for kind in others)
    written = read_facts(
        file, unsealed=True, decoding=Decoding(stand_ins_of(others), dropped=dropped, digested=digested_elsewhere)
    )
    found: dict[Kind, list[Fact]] = {kind: [] for kind in DELIVERY}
    for fact in sorted(written.facts, key=lambda fact: fact.at_ns):
        if (kind := kind_of(type(fact))) in found:
            found[kind].append(fact)
    return found
