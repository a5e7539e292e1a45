"""The registry: every process that this one has started and not yet stopped, with its name, id, log and command.

`Child` enters itself when it starts and leaves when it is killed or stopped on purpose, for example by a planned fault.
So a process that is in the registry and has ended was not meant to end.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, Protocol

Owner = Literal["harness", "subject"]  # whose matter its end is


class Process(Protocol):
    """A started process. `group` is its name in measurements, which several processes can share."""

    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def owner(self) -> Owner: ...
    @property
    def pid(self) -> int: ...
    @property
    def pids(self) -> tuple[int, ...]: ...
    @property
    def log(self) -> Path: ...
    @property
    def command(self) -> tuple[str, ...]: ...
    @property
    def exit_code(self) -> int | None: ...
    def last_lines(self) -> tuple[str, ...]: ...


class Registry:
    """Processes by id."""

    def __init__(self) -> None:
        self._processes: dict[int, Process] = {}

    def __iter__(self) -> Iterator[Process]:
        return iter(tuple(self._processes.values()))

    def enter(self, process: Process) -> None:
        self._processes[process.pid] = process

    def leave(self, process: Process) -> None:
        """From now on its end is planned. Does nothing when it has left already."""
        self._processes.pop(process.pid, None)

    def running(self) -> dict[str, list[int]]:
        """Ids of the processes that run, by group. Children of a user's own service are listed too."""
        groups: dict[str, list[int]] = {}
        for process in self:
            if process.exit_code is None:
                groups.setdefault(process.group, []).extend(process.pids)
        return groups

    def deaths(self, owner: Owner) -> list[Process]:
        """The processes of `owner` that have ended although nobody planned it."""
        return [process for process in self if process.owner == owner and process.exit_code is not None]


PROCESSES: Final = Registry()  # of this process, like the operating system's own list of children
