"""Watches what a run rests on, so that the end of one of our own parts is named and not blamed on the subject."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Self

from stockstorm.loadtests.backing.cloud.listening import Listeners
from stockstorm.loadtests.backing.postgres import Backing
from stockstorm.loadtests.backing.postgres.urls import place
from stockstorm.loadtests.orchestrator.disks import Disk, check_space, require_space
from stockstorm.loadtests.processes.registry import PROCESSES, Process, Registry
from stockstorm.reports.result import exit_text
from stockstorm.simulator.config import FaultTarget
from stockstorm.simulator.errors import BackingError, InternalError, StockstormError

if TYPE_CHECKING:
    from stockstorm.loadtests.backing.postgres.connection_watch import ConnectionWatch

GENERATOR: Final = "generator"
DATABASE: Final = "database"
ENDS_WITHIN_S: Final = 2.0
LINES: Final = 4  # of a log, in an error


class Watch:
    """Every process of ours, database, emulators and disks. `planned`: whether a fault of the plan hits a part now."""

    def __init__(
        self,
        backing: Backing,
        disks: Sequence[Disk],
        planned: Callable[[FaultTarget], bool],
        processes: Registry = PROCESSES,
        emulators: Listeners | None = None,
    ) -> None:
        self._backing, self._disks, self._planned, self._processes = backing, disks, planned, processes
        self._emulators = emulators
        self._connection = _connection_to(backing.url) if backing.url else None

    def __enter__(self) -> Self:
        require_space(self._disks)
        if self._connection is not None:
            self._connection.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.stop()

    def check(self) -> None:
        """Raises the error that names the first part of ours that failed without a planned fault."""
        planned = self._planned(DATABASE)
        self._backing.check(planned)
        for process in self._processes.deaths("harness"):
            if process.group != GENERATOR:  # the pipe tells of its end, which is planned once the load is over
                raise end_error(process)
        if self._connection is not None:
            self._check_connection(self._connection, planned)
        if self._emulators is not None:
            self._emulators.check()
        check_space(self._disks)

    def forgive(self) -> None:
        """A planned fault of the database, which may be over now, explains what failed until now."""
        if self._connection is not None:
            self._connection.forgive()

    def settle(self) -> None:
        """The same after one more answer of the database, for an end of which it may be the cause."""
        if self._connection is not None:
            self._connection.ask()
        self.check()

    def _check_connection(self, connection: "ConnectionWatch", planned: bool) -> None:
        if planned:
            connection.forgive()
        elif failure := connection.failure:
            name = "embedded PostgreSQL" if self._backing.part else f"PostgreSQL at {place(self._backing.url)}"
            found = f"{failure}, and no fault of the plan explains it"
            raise BackingError(name, found, "find out what ended or held it up, then run again")


def _connection_to(url: str) -> "ConnectionWatch":
    from stockstorm.loadtests.backing.postgres.connection_watch import ConnectionWatch  # noqa: PLC0415 - an extra

    return ConnectionWatch(url)


def generator_end(processes: Registry = PROCESSES) -> StockstormError | None:
    """How the generator ended, if this process had started it. Its pipe closes a moment before."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while True:
        for process in processes.deaths("harness"):
            if process.group == GENERATOR:
                return end_error(process)
        if GENERATOR not in processes.running() or time.monotonic() > deadline:
            return None
        time.sleep(0.02)


def dead_generator(processes: Registry = PROCESSES) -> StockstormError | None:
    """How the generator ended, if it has. A subject that waits for the simulated APIs is not to blame for that."""
    dead = (process for process in processes.deaths("harness") if process.group == GENERATOR)
    return next(map(end_error, dead), None)


def end_error(process: Process) -> StockstormError:
    """A process of ours ended: how, and what it wrote last."""
    kind = InternalError if process.group == GENERATOR else BackingError
    code = process.exit_code
    how = exit_text(code) if code is not None else "without an exit code"
    last = "; ".join(process.last_lines()[-LINES:])
    found = f"process {process.pid} ended during the run {how}; its last log lines: {last or 'none'}"
    instead = {"postgres": ", or use --postgres docker or a URL", "emulator": ", or choose another --cloud"}
    return kind(process.name, found, f"run again; if it ends again, correct that{instead.get(process.group, '')}")
