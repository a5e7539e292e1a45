"""The server of the embedded PostgreSQL as processes: postmaster and its children, which faults can hit together.

A crash kills all of them at once, so that none can write or clean up. The next start recovers from the log on disk.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from stockstorm.loadtests.processes.child import Child
from stockstorm.loadtests.processes.part import send_all

STOP_WITHIN_S: Final = 10.0


class PostgresServer:
    """A server, made by `make`, and a `Part` of the run. It is ready when `answers` says so."""

    def __init__(self, make: Callable[[], Child], answers: Callable[[], bool]) -> None:
        self._make, self._answers = make, answers
        self._paused: list[int] = []
        self.child = make()

    @property
    def log(self) -> Path:
        return self.child.log

    def processes(self) -> list[int]:
        """The postmaster and its current children, or nothing when it has ended."""
        if self.child.exit_code is not None:
            return []
        try:
            postmaster = psutil.Process(self.child.pid)
            return [postmaster.pid, *(child.pid for child in postmaster.children())]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        pids = self._stopped()
        children = [psutil.Process(pid) for pid in pids[1:] if psutil.pid_exists(pid)]
        send_all(pids[1:], signal.SIGKILL)
        self.child.kill()
        psutil.wait_procs(children, timeout=STOP_WITHIN_S)  # a new server refuses to start beside an old child
        self._paused = []

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, connections are closed, what is in memory is written."""
        self.resume()
        self.child.stop(STOP_WITHIN_S, signal.SIGINT)

    def end(self) -> None:
        """Immediate shutdown, without a checkpoint: for data that is deleted next."""
        self.resume()
        self.child.stop(STOP_WITHIN_S, signal.SIGQUIT)

    def pause(self) -> None:
        self._paused = self._stopped()

    def resume(self) -> None:
        paused, self._paused = self._paused, []
        send_all(reversed(paused), signal.SIGCONT)

    def start(self) -> None:
        if self.child.exit_code is not None:
            self.child = self._make()

    def ready(self) -> bool:
        return self.child.exit_code is None and self._answers()

    def _stopped(self) -> list[int]:
        """Stops all processes, the postmaster first, which then starts no more of them."""
        if self.child.exit_code is not None:
            return []
        os.kill(self.child.pid, signal.SIGSTOP)
        pids = self.processes()
        send_all(pids[1:], signal.SIGSTOP)
        return pids
