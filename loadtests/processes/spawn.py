"""Starts a child by posix_spawn, for code that also runs in Locust's process.

gevent has patched that one: its `subprocess.Popen` calls fork(), with the fork handlers of every library.
"""

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

POLL_S: Final = 0.02
OUTPUT_MAX_BYTES: Final = 100_000


def spawn(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The process id of the command, in a session of its own. It gets the descriptors that are inheritable."""
    return os.posix_spawnp(command[0], list(command), environment, setsid=True)


def exit_code(pid: int) -> int | None:
    """The exit code of a child that was spawned here; None while it runs. Asks once, and does not wait."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def output_of(command: Sequence[str], timeout_s: float) -> str | None:
    """What a short command prints; None when it cannot be started, fails, or takes longer."""
    deadline = time.monotonic() + timeout_s
    reader, writer = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
    try:
        pid = os.posix_spawnp(command[0], list(command), os.environ, file_actions=actions)
    except OSError:
        os.close(reader)
        return None
    finally:
        os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        printed = b""
        while (left_s := deadline - time.monotonic()) > 0 and select.select([pipe], [], [], left_s)[0]:
            if not (part := pipe.read(4096)):
                break
            printed = (printed + part)[:OUTPUT_MAX_BYTES]
    while (code := exit_code(pid)) is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    if code is None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return printed.decode("utf-8", "replace") if code == 0 else None
