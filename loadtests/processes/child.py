"""A child process that ends with its parent, in its own session, with its output in a log file. Free ports."""

import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import stockstorm
from stockstorm.loadtests.processes.launch import launched
from stockstorm.loadtests.processes.of_run import RUN_VARIABLE

IMPORT_ROOT: Final = Path(stockstorm.__file__).resolve().parents[1]  # a child's PYTHONPATH


class Child:
    """A process with a name. `tail` is the end of its log, for error messages."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name, self.log = name, log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line, no shell
                launched(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def kill(self) -> None:
        """Sends SIGKILL and waits until the process has ended."""
        self._process.kill()
        self._process.wait(10)

    def stop(self, patience_s: float = 5.0) -> None:
        """Sends SIGTERM, and SIGKILL if it still runs after `patience_s`."""
        if self.exit_code is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def tail(self, lines: int = 8) -> str:
        """The last lines of the log."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(text.splitlines()[-lines:]) or "(empty log)"


def inherited_environment() -> dict[str, str]:
    """The part of our environment that a child needs, without secrets and settings of other subjects."""
    keep = (RUN_VARIABLE, "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "TZ")
    return {name: os.environ[name] for name in keep if name in os.environ}


def free_port(host: str) -> int:
    """A port without a listener at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
