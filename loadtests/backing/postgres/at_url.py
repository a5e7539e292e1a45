"""`--postgres postgresql://…`: the database of a run on a server that is not ours, and what killed runs left there."""

import re
import secrets
import socket
from contextlib import suppress
from hashlib import sha256
from os import getpid
from pathlib import Path
from typing import Final, Self

from stockstorm.loadtests.backing.postgres.server import (
    create_database,
    databases,
    describe,
    drop_database,
)
from stockstorm.loadtests.backing.postgres.urls import place, with_database
from stockstorm.loadtests.processes.scratch import started
from stockstorm.simulator.errors import BackingError

RUN_LENGTH: Final = 14  # of 63 characters that a name may have
_OWNED: Final = re.compile(r"stockstorm_[a-z0-9_]{1,14}_p(\d+)_t(\d+)_([0-9a-f]{8})_[0-9a-f]{4}")


class UrlPostgres:
    """A database for one run on a running server, dropped afterwards. The user of the URL needs CREATEDB.

    Its name holds its owner. So the databases of runs that were killed are found, and dropped by the next run.
    """

    def __init__(self, url: str, run: str) -> None:
        self._server = url
        self._name = owned_name(run)
        self.url = with_database(url, self._name)
        self.description = ""

    def __enter__(self) -> Self:
        self.description = f"{describe(self._server)}, at {place(self._server)}"
        with suppress(BackingError):
            sweep_databases(self._server)
        try:
            create_database(self._server, self._name)
        except BaseException as error:
            self.__exit__(type(error))  # an interruption does not say whether the server has created it
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            drop_database(self._server, self._name)
        except BackingError:
            if kind is None:
                raise
            # What ended the run is told instead. It can be that the server is gone.

    def processes(self) -> list[int]:
        """Always empty: we did not start the server, and it may be on another machine."""
        return []

    part = None  # it is not ours to stop

    folder = None  # its disk is not ours to see

    def check(self, planned: bool) -> None:
        """Nothing to check besides the connection, which the watch of the run has."""


def owned_name(run: str) -> str:
    """A name that no other database has, with the process that it belongs to, and that process' machine."""
    plain = re.sub(r"[^a-z0-9]+", "_", run.lower())[:RUN_LENGTH]
    return f"stockstorm_{plain}_p{getpid()}_t{started(getpid())}_{_machine()}_{secrets.token_hex(2)}"


def sweep_databases(url: str) -> list[str]:
    """Drops the databases of processes of this machine that have ended. Returns their names. Raises BackingError."""
    dropped = []
    for name in databases(url):
        owner = _OWNED.fullmatch(name)
        if owner and owner[3] == _machine() and started(int(owner[1])) != owner[2]:
            with suppress(BackingError):  # another user's
                drop_database(url, name)
                dropped.append(name)
    return dropped


def _machine() -> str:
    """Process ids of another machine or container mean other processes."""
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    return sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:8]
