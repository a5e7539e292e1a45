"""The server of the embedded PostgreSQL as processes: postmaster and its children, which faults can hit together.

A crash kills all of them at once, so that none can write or clean up. The next start recovers from the log on disk.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import psutil

from stockstorm.loadtests.processes.part import send_all

STOP_WITHIN_S: Final = 10.0


class PostgresServer:
    """A running server, and a `Part` of the run. `command` starts it in `folder`, with its output in `log`."""

    def __init__(self, command: Sequence[str], folder: Path, answers: Callable[[], bool]) -> None:
        self._command, self._folder, self._answers = command, folder, answers
        self.log = folder / "log"
        self._paused: list[int] = []
        self._process = self._started()

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def processes(self) -> list[int]:
        """The postmaster and its current children, or nothing when it has ended."""
        if self.exit_code is not None:
            return []
        try:
            postmaster = psutil.Process(self._process.pid)
            return [postmaster.pid, *(child.pid for child in postmaster.children())]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        pids = self._stopped()
        children = [psutil.Process(pid) for pid in pids[1:] if psutil.pid_exists(pid)]
        send_all(pids, signal.SIGKILL)
        if pids:
            self._process.wait(STOP_WITHIN_S)
        psutil.wait_procs(children, timeout=STOP_WITHIN_S)  # a new server refuses to start beside an old child
        self._paused = []

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, connections are closed, what is in memory is written."""
        self.end(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def end(self, *signals: signal.Signals) -> None:
        """Sends one signal after the other, until the server has ended."""
        self.resume()
        for number in signals:
            if self.exit_code is None:
                self._process.send_signal(number)
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                continue
            return

    def pause(self) -> None:
        self._paused = self._stopped()

    def resume(self) -> None:
        paused, self._paused = self._paused, []
        send_all(reversed(paused), signal.SIGCONT)

    def start(self) -> None:
        if self.exit_code is not None:
            self._process = self._started()

    def ready(self) -> bool:
        return self.exit_code is None and self._answers()

    def _stopped(self) -> list[int]:
        """Stops all processes, the postmaster first, which then starts no more of them."""
        if self.exit_code is not None:
            return []
        os.kill(self._process.pid, signal.SIGSTOP)
        pids = self.processes()
        send_all(pids[1:], signal.SIGSTOP)
        return pids

    def _started(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own command line, no shell
                self._command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
