"""Several runs at a time, each in a process of its own: starts them, waits for the next that ends, ends all of them."""

import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol

import msgspec

from stockstorm.loadtests.limits import RUN_BREAKS_OFF_WITHIN_S
from stockstorm.loadtests.processes.child import IMPORT_ROOT, Child
from stockstorm.loadtests.processes.signals import held
from stockstorm.loadtests.proving.cells import Cell
from stockstorm.loadtests.proving.lane import MODULE
from stockstorm.loadtests.proving.proof import Proof, not_run

LOG: Final = "prove.log"  # in the runs folder; what the processes of runs print
EXITS_WITHIN_S: Final = 20.0  # after its proofs
ENDS_WITHIN_S: Final = RUN_BREAKS_OFF_WITHIN_S + 20.0  # after a signal: the run's own end, and its judgement
TICK_S: Final = 0.05
PART_BYTES: Final = 65_536


class Running(Protocol):
    """A run that goes on. Its `fileno` can be read when it has ended, or has something to say."""

    @property
    def cell(self) -> Cell: ...

    def fileno(self) -> int: ...

    def read(self) -> tuple[Proof, ...] | None:
        """Once it has ended, the proof of its cell, and what else it proved; else None."""

    def signal(self, number: signal.Signals) -> None: ...

    def close(self, patience_s: float) -> None:
        """Waits until its process has ended, and kills it after this time."""


class Start(Protocol):
    """Begins a run. Tests have runs without processes."""

    def __call__(self, cell: Cell, runs: Path, commit: str) -> Running: ...


class ProcessOfRun:
    """A run in a process of its own."""

    def __init__(self, cell: Cell, runs: Path, commit: str) -> None:
        self.cell, self._commit, self._runs = cell, commit, runs
        self._read = bytearray()
        self._fd, theirs = os.pipe()
        try:
            words = [msgspec.json.encode(cell).decode(), str(runs), commit, str(theirs)]
            command = [sys.executable, "-m", MODULE, *words]
            environment = {**os.environ, "PYTHONPATH": str(IMPORT_ROOT)}
            log = runs / LOG
            name = f"run of {cell.subject}"
            with held():
                self._child = Child(name, command, environment, log, (theirs,), with_parent=signal.SIGTERM)
        finally:
            os.close(theirs)

    def fileno(self) -> int:
        return self._fd

    def read(self) -> tuple[Proof, ...] | None:
        if part := os.read(self._fd, PART_BYTES):
            self._read += part
            return None
        with suppress(msgspec.DecodeError):
            return msgspec.json.decode(bytes(self._read), type=tuple[Proof, ...])
        self._wait(EXITS_WITHIN_S)
        cell = self.cell
        error = f"its process ended with code {self._child.exit_code} and without a result: read {self._runs / LOG}"
        return (not_run(cell.subject, cell.seed, cell.evidence, cell.scenario, self._commit, error),)

    def signal(self, number: signal.Signals) -> None:
        if self._child.exit_code is None:
            os.kill(self._child.pid, number)

    def close(self, patience_s: float) -> None:
        self._wait(patience_s)
        self._child.stop(0.0)
        os.close(self._fd)

    def _wait(self, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while self._child.exit_code is None and time.monotonic() < deadline:
            time.sleep(TICK_S)


class Lanes:
    """At most `jobs` runs at a time. Use as a context manager: an interruption ends all of them in order."""

    def __init__(self, jobs: int, runs: Path, commit: str, start: Start = ProcessOfRun) -> None:
        self._jobs, self._runs, self._commit, self._begin = jobs, runs, commit, start
        self._going: list[Running] = []

    def __enter__(self) -> "Lanes":
        self._runs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends what still runs. A second interruption does not wait for it."""
        try:
            for run in self._going:
                run.signal(signal.SIGINT)
            deadline = time.monotonic() + ENDS_WITHIN_S
            while self._going:
                self._going[-1].close(max(0.0, deadline - time.monotonic()))
                self._going.pop()
        finally:
            for run in self._going:
                run.close(0.0)

    @property
    def free(self) -> bool:
        """Whether another run can begin."""
        return len(self._going) < self._jobs

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What runs now."""
        return tuple(run.cell for run in self._going)

    def start(self, cell: Cell) -> None:
        self._going.append(self._begin(cell, self._runs, self._commit))

    def next(self) -> tuple[Cell, tuple[Proof, ...]]:
        """The next run that ends, and its proofs."""
        while True:
            ready = select.select(self._going, [], [])[0]
            for run in ready:
                if (proofs := run.read()) is not None:
                    run.close(EXITS_WITHIN_S)
                    self._going.remove(run)
                    return run.cell, proofs
