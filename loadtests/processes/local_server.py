"""A server on loopback as a child process, such as an emulator or a publisher. It is ready once it listens."""

import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Literal

import msgspec

from stockstorm.loadtests.processes.child import IMPORT_ROOT, Child, free_port, inherited_environment
from stockstorm.loadtests.processes.part import ChildPart
from stockstorm.loadtests.processes.scratch import make_scratch
from stockstorm.simulator.errors import BackingError

HOST: Final = "127.0.0.1"
READY_WITHIN_S: Final = 60.0  # moto imports for seconds on a busy machine


class LoopbackServer(msgspec.Struct, frozen=True):
    """A server that listens."""

    name: str  # with its version, for the report
    port: int
    part: ChildPart

    @property
    def pid(self) -> int:
        return self.part.child.pid

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"


def python_module(module: str, *arguments: str) -> list[str]:
    """The command line that runs a Python module."""
    return [sys.executable, "-m", module, *arguments]


@contextmanager
def running(
    name: str,
    command: Callable[[int], Sequence[str]],
    settings: Callable[[int], Mapping[str, str]],
    group: Literal["emulator", "publisher"] = "emulator",
) -> Iterator[LoopbackServer]:
    """Starts it on a free port, which `command` and `settings` receive. Raises BackingError with the end of its log."""
    folder = make_scratch("cloud")
    port = free_port(HOST)
    environment = inherited_environment() | {"PYTHONPATH": str(IMPORT_ROOT)} | dict(settings(port))
    part = ChildPart(
        lambda: Child(name, command(port), environment, folder / "log", group=group), lambda: _listens(port)
    )
    try:
        _wait_until_it_listens(part.child, port)
        yield LoopbackServer(name, port, part)
    finally:
        part.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_listens(child: Child, port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while child.exit_code is None and time.monotonic() < deadline:
        if _listens(port):
            return
        time.sleep(0.02)
    how = "did not listen in time" if child.exit_code is None else f"exited with code {child.exit_code}"
    raise BackingError(child.name, f"it {how}:\n{child.tail()}", "correct that, or choose another --cloud")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0
