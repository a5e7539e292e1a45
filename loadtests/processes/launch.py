"""Becomes a command, with what a child must set up about itself: another user, signals, its end with its parent.

A parent that does this between fork and exec (`preexec_fn`, `user=`) makes CPython call fork(), which runs the fork
handlers of every library in the process. Those of gRPC can wait for ever. So the child does it, in a program of its
own: `python -I -S launch.py '{"parent": 1, …}' COMMAND`. It uses the standard library only, and starts in 10 ms.
"""

import ctypes
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def launched(
    command: Sequence[str],
    *,
    with_parent: signal.Signals = signal.SIGTERM,
    user: int | None = None,
    group: int | None = None,
) -> list[str]:
    """The command line for `subprocess.Popen`. The child gets `with_parent` when this process ends."""
    how = {"parent": os.getpid(), "signal": int(with_parent), "user": user, "group": group}
    return [sys.executable, "-I", "-S", str(Path(__file__)), json.dumps(how), *command]


def _become(how: dict[str, int | None], command: list[str]) -> None:
    if how["group"] is not None:
        os.setgroups([])
        os.setgid(how["group"])
    if how["user"] is not None:
        os.setuid(how["user"])
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by the children of a shell's background job
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, how["signal"])  # after setuid, which clears it
    if os.getppid() != how["parent"]:  # it ended before the call
        return
    try:
        os.execvp(command[0], command)  # noqa: S606 - our own command line, no shell
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror}")


if __name__ == "__main__":
    _become(json.loads(sys.argv[1]), sys.argv[2:])
