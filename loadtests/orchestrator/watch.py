"""Watches what a run rests on, so that the end of one of our own parts is named and not blamed on the subject."""

from typing import Final

from stockstorm.loadtests.backing.postgres import Backing
from stockstorm.loadtests.processes.registry import PROCESSES, Process, Registry
from stockstorm.reports.result import exit_text
from stockstorm.simulator.errors import BackingError, InternalError, StockstormError

GENERATOR: Final = "generator"
LINES: Final = 4  # of a log, in an error


class Watch:
    """Every process of ours in the registry, and the database as its backing sees it."""

    def __init__(self, backing: Backing, processes: Registry = PROCESSES) -> None:
        self._backing, self._processes = backing, processes

    def check(self) -> None:
        """Raises the error that names the first part of ours that ended without a planned fault.

        The generator is left out: its pipe tells its end, after the messages that it still holds.
        """
        for process in self._processes.deaths("harness"):
            if process.group != GENERATOR:
                raise end_error(process)
        self._backing.check()


def generator_end(processes: Registry = PROCESSES) -> StockstormError | None:
    """How the generator ended, if it did and this process had started it."""
    ended = (process for process in processes.deaths("harness") if process.group == GENERATOR)
    return next((end_error(process) for process in ended), None)


def end_error(process: Process) -> StockstormError:
    """A process of ours ended: how, and what it wrote last."""
    kind = InternalError if process.group == GENERATOR else BackingError
    code = process.exit_code
    how = exit_text(code) if code is not None else "without an exit code"
    last = "; ".join(process.last_lines()[-LINES:])
    found = f"process {process.pid} ended during the run {how}; its last log lines: {last or 'none'}"
    instead = {"postgres": ", or use --postgres docker or a URL", "emulator": ", or choose another --cloud"}
    return kind(process.name, found, f"run again; if it ends again, correct that{instead.get(process.group, '')}")
