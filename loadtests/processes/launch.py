"""Becomes a command, with what a child must set up about itself: another user, signals, its end with its parent.

A parent that does this between fork and exec (`preexec_fn`, `user=`) makes CPython call fork(), which runs the fork
handlers of every library in the process. Those of gRPC can wait for ever. So the child does it, in a program of its
own: `python -I -S launch.py PARENT SIGNAL USER GROUP COMMAND`. Every process of a run starts through it, so it imports
what Python has loaded anyway, and ctypes: `signal`, `json` and `pathlib` took half of its time.
"""

from __future__ import annotations  # `collections.abc` is for type checkers alone

import ctypes
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_SIGINT, _SIGTERM = 2, 15
_SIG_DFL = None
_NOBODY_ELSE = -1


def launched(
    command: Sequence[str], *, with_parent: int = _SIGTERM, user: int | None = None, group: int | None = None
) -> list[str]:
    """The command line for `subprocess.Popen`. The child gets the signal `with_parent` when this process ends."""
    numbers = (os.getpid(), with_parent, *(_NOBODY_ELSE if number is None else number for number in (user, group)))
    return [sys.executable, "-I", "-S", __file__, *(str(int(number)) for number in numbers), *command]


def _become(parent: int, signal: int, user: int, group: int, command: list[str]) -> None:
    if group != _NOBODY_ELSE:
        os.setgroups([])
        os.setgid(group)
    if user != _NOBODY_ELSE:
        os.setuid(user)
    libc = ctypes.CDLL(None)
    libc.signal(_SIGINT, _SIG_DFL)  # ignored by the children of a shell's background job
    libc.prctl(_PR_SET_PDEATHSIG, signal)  # after setuid, which clears it
    if os.getppid() != parent:  # it ended before the call
        return
    try:
        os.execvp(command[0], command)  # noqa: S606 - our own command line, no shell
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    parent, signal, user, group = map(int, sys.argv[1:5])
    _become(parent, signal, user, group, sys.argv[5:])
