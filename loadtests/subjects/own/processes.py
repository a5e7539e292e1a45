"""A process of a user's own service, with all that it starts: `npm start` starts a shell, which starts the service.

Signals reach all of them, and they are measured as one.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from stockstorm.loadtests.processes.child import Child
from stockstorm.loadtests.processes.part import ChildPart, send_all

GONE_WITHIN_S: Final = 5.0  # after SIGKILL
POLL_S: Final = 0.02


class Tree(Child):
    """One process and its descendants. They share a session, unless one of them left it."""

    def __init__(
        self, name: str, command: list[str], environment: Mapping[str, str], log: Path, folder: Path, patience_s: float
    ) -> None:
        super().__init__(name, command, environment, log, owner="subject", folder=folder)
        self._patience_s = patience_s

    @property
    def pids(self) -> tuple[int, ...]:
        if self.exit_code is not None:
            return (self.pid,)
        try:
            return (self.pid, *(each.pid for each in psutil.Process(self.pid).children(recursive=True)))
        except psutil.Error:
            return (self.pid,)

    def signal_all(self, number: signal.Signals) -> None:
        """Sends a signal to all of them."""
        send_all(self.pids, number)

    def kill(self) -> None:
        self.forget()
        self._end(self.pids)

    def stop(self, patience_s: float | None = None, how: signal.Signals = signal.SIGTERM) -> None:
        """Sends `how`, as a terminal would, and SIGKILL to what still runs afterwards."""
        self.forget()
        members = self.pids
        if self.exit_code is None:
            send_all(members, how)
            _wait(members, self._patience_s if patience_s is None else patience_s)
        self._end(members)

    def _end(self, members: tuple[int, ...]) -> None:
        """SIGKILL to these, and to all of the session that they have begun, also where the first one ended before."""
        left = {pid for pid in members if pid != self.pid and _lives(pid)} | _group(self.pid)
        if self.exit_code is None:
            left.add(self.pid)
        send_all(left, signal.SIGKILL)
        self._process.wait(GONE_WITHIN_S)
        _wait(tuple(left), GONE_WITHIN_S)


class TreePart(ChildPart):
    """A process of the service that faults can hit, with its descendants."""

    def __init__(self, make: Callable[[], Tree], answers: Callable[[], bool]) -> None:
        super().__init__(make, answers)

    def start(self) -> None:
        """What an ended process left behind ends first, because it may hold the port."""
        if self.child.exit_code is not None:
            self.child.kill()
        super().start()

    def _signal(self, number: signal.Signals) -> None:
        if isinstance(self.child, Tree) and self.child.exit_code is None:
            self.child.signal_all(number)


def listening(pids: Iterable[int]) -> Iterator[int]:
    """The TCP ports at which these processes take connections, as far as the system tells."""
    for pid in pids:
        with suppress(psutil.Error):
            found = psutil.Process(pid).net_connections("tcp")
            yield from (each.laddr.port for each in found if each.status == psutil.CONN_LISTEN)


def _group(leader: int) -> set[int]:
    """The living processes of the group that `leader` began. None of ours is in it."""
    found = set()
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == leader and pid != leader and _lives(pid):
                found.add(pid)
    return found


def _wait(pids: tuple[int, ...], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while any(map(_lives, pids)) and time.monotonic() < deadline:
        time.sleep(POLL_S)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
