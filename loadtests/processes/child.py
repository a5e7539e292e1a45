"""A child process that ends with its parent, in its own session, with its output in a log file. Free ports."""

import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import stockstorm
from stockstorm.loadtests.processes.launch import launched
from stockstorm.loadtests.processes.of_run import RUN_VARIABLE
from stockstorm.loadtests.processes.registry import PROCESSES, Owner
from stockstorm.reports.result import printable

IMPORT_ROOT: Final = Path(stockstorm.__file__).resolve().parents[1]  # a child's PYTHONPATH
TAIL_LINES: Final = 8
TAIL_MAX_BYTES: Final = 16_000  # that are read from the end of a log
LINE_MAX: Final = 300  # characters
PORT_MIN: Final = 20_000
PORT_TRIES: Final = 100
CLIENT_PORTS: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")


class Child:
    """A process with a name, in the registry until it is stopped. `group` is its name in measurements.

    With `user` and `user_group` it runs as another user. It gets the signal `with_parent` when this process ends:
    SIGKILL reaches a stopped process too.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        pass_fds: Sequence[int] = (),
        *,
        group: str = "",
        owner: Owner = "harness",
        folder: Path | None = None,
        with_parent: signal.Signals = signal.SIGKILL,
        user: int | None = None,
        user_group: int | None = None,
    ) -> None:
        self.name, self.group, self.owner, self.log = name, group or name, owner, log
        self.command = tuple(command)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line, no shell
                launched(command, with_parent=with_parent, user=user, group=user_group),
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
        PROCESSES.enter(self)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are measured as one."""
        return (self.pid,)

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def forget(self) -> None:
        """Takes it out of the registry: from now on its end is planned, or has been dealt with."""
        PROCESSES.leave(self)

    def kill(self) -> None:
        """Sends SIGKILL and waits until the process has ended."""
        self.forget()
        self._process.kill()
        self._process.wait(10)

    def stop(self, patience_s: float = 5.0, how: signal.Signals = signal.SIGTERM) -> None:
        """Sends SIGTERM (or `how`), and SIGKILL if it still runs after `patience_s`."""
        self.forget()
        if self.exit_code is not None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_lines(self, lines: int = TAIL_LINES) -> tuple[str, ...]:
        """The last lines of the log, bounded and printable. Empty when there is no log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_MAX_BYTES))
                text = file.read(TAIL_MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            return ()
        return tuple(printable(line[:LINE_MAX]) for line in text.splitlines()[-lines:])

    def tail(self) -> str:
        """The last lines of the log as one text."""
        return "\n".join(self.last_lines()) or "(no log)"


def inherited_environment() -> dict[str, str]:
    """The part of our environment that a child needs, without secrets and settings of other subjects."""
    keep = (RUN_VARIABLE, "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "TZ")
    return {name: os.environ[name] for name in keep if name in os.environ}


def free_port(host: str) -> int:
    """A port without a listener at this moment.

    It is below the ports that the system gives to clients, where there is room: a connection of anybody could take one
    of those before the server binds it.
    """
    room = _clients_from() - PORT_MIN
    for _ in range(PORT_TRIES if room >= PORT_TRIES else 0):
        port = PORT_MIN + secrets.randbelow(room)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((host, port))
            return port
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _clients_from() -> int:
    """The lowest port that the system gives to a client; PORT_MIN where nobody tells."""
    try:
        return int(CLIENT_PORTS.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return PORT_MIN
