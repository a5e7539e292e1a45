"""Folders of a run outside its own, such as a database's: each names its owner, and is deleted when that is gone.

The owner deletes it at the end. One that was killed cannot: then its supervisor does, or the next run.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

ON_DISK: Final = Path("/var/tmp")  # noqa: S108 - mkdtemp makes a folder in it with a random name and mode 700
PREFIX: Final = "stockstorm-"
FOLDER_VARIABLE: Final = "STOCKSTORM_POSTGRES_FOLDER"  # instead of ON_DISK
OWNER: Final = "owner"  # a file with the process id and the start of that process


def disk_folder() -> Path:
    """Where folders lie that must be on a disk, with a path short enough for a socket (107 bytes)."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen).absolute()
    return ON_DISK if os.access(ON_DISK, os.W_OK) else Path(tempfile.gettempdir())


def make_scratch(kind: str, parent: Path | None = None) -> Path:
    """A new folder that is ours, e.g. of the kind `cloud`."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-", dir=parent))
    (folder / OWNER).write_text(f"{os.getpid()} {_namespace()} {started(os.getpid())}", encoding="ascii")
    return folder


@contextmanager
def scratch(kind: str) -> Iterator[Path]:
    """Such a folder, which is deleted at the end."""
    folder = make_scratch(kind)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(*parents: Path) -> None:
    """Deletes the folders of processes that were killed, and ends what still works in them."""
    for parent in parents or {disk_folder(), Path(tempfile.gettempdir())}:
        for folder in parent.glob(f"{PREFIX}*-*"):
            if _is_abandoned(folder):
                _end_processes_in(folder)
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Whether its owner is gone. A folder that names none, or that belongs to another user, is not ours to delete."""
    try:
        if folder.is_symlink() or (os.geteuid() != 0 and folder.stat().st_uid != os.geteuid()):
            return False
        pid, namespace, since = (folder / OWNER).read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return False
    return namespace == _namespace() and started(int(pid)) != since


def started(pid: int) -> str:
    """When this process started, in clock ticks since the boot; "" when there is none.

    A process id alone can be that of a later process.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state == "Z" else fields[18]


def _namespace() -> str:
    """Process ids of another container mean other processes."""
    return str(Path("/proc/self/ns/pid").stat().st_ino)


def _end_processes_in(folder: Path) -> None:
    """Kills those of its user that work in it, such as a database that was stopped when its owner was killed."""
    user = folder.stat().st_uid
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.uids().effective == user and Path(process.cwd()).is_relative_to(folder):
                process.kill()
