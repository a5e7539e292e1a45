"""A part of a run that a fault can disturb: a process of the subject, the database, an emulator, the publisher.

`ChildPart` is one child process. A database has processes of its own, so its backing has its own variant.
"""

import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from stockstorm.loadtests.processes.child import Child


class Part(Protocol):
    """All processes of one part. A signal to a process that has ended does nothing."""

    @property
    def log(self) -> Path:
        """Where it writes why it does not start."""

    def kill(self) -> None:
        """A crash: SIGKILL to all processes. Returns when they have ended."""

    def stop(self) -> None:
        """A clean end, within some seconds. Returns when all processes have ended."""

    def pause(self) -> None:
        """SIGSTOP to all processes."""

    def resume(self) -> None:
        """SIGCONT to all processes."""

    def start(self) -> None:
        """Starts it as it was, without waiting until it is ready. Does nothing when it runs."""

    def ready(self) -> bool:
        """Whether it does its work. Returns within about a second."""


class ChildPart:
    """One child process, made by `make` and ready when `answers` says so."""

    def __init__(self, make: Callable[[], Child], answers: Callable[[], bool]) -> None:
        self._make, self._answers = make, answers
        self.child = make()

    @property
    def log(self) -> Path:
        return self.child.log

    def kill(self) -> None:
        self.child.kill()

    def stop(self) -> None:
        self.resume()  # a paused process heeds no SIGTERM
        self.child.stop()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def start(self) -> None:
        if self.child.exit_code is not None:
            self.child = self._make()

    def ready(self) -> bool:
        return self.child.exit_code is None and self._answers()

    def _signal(self, number: signal.Signals) -> None:
        if self.child.exit_code is None:  # it is not reaped, so its id is still its own
            send_all([self.child.pid], number)


def send_all(pids: Iterable[int], number: signal.Signals) -> None:
    """Sends a signal to processes. Those that have ended are left out."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Together:
    """Several parts that a fault hits at once, such as a bus and its queues."""

    def __init__(self, *parts: Part) -> None:
        self._parts = parts

    @property
    def log(self) -> Path:
        return self._parts[0].log

    def kill(self) -> None:
        for part in self._parts:
            part.kill()

    def stop(self) -> None:
        for part in self._parts:
            part.stop()

    def pause(self) -> None:
        for part in self._parts:
            part.pause()

    def resume(self) -> None:
        for part in self._parts:
            part.resume()

    def start(self) -> None:
        for part in self._parts:
            part.start()

    def ready(self) -> bool:
        return all(part.ready() for part in self._parts)
