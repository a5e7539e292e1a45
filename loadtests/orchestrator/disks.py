"""Free space on the disks that a run writes to: enough for the plan before it begins, and never the last of it.

A run ends while a reserve is left, so that its history can still be sealed and its report written.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.loadtests.backing.postgres.log_watch import last_entries
from stockstorm.loadtests.limits import (
    DATABASE_BYTES_MIN,
    DATABASE_BYTES_PER_EVENT,
    DATABASE_LOG_MAX_BYTES,
    DATABASE_LOG_PER_EVENT,
    DATABASE_RESERVE_BYTES,
    RUN_BYTES_MIN,
    RUN_BYTES_PER_EVENT,
    RUN_RESERVE_BYTES,
)
from stockstorm.simulator.errors import BackingError, LimitError, StockstormError

LINES: Final = 4  # of a log, in an error
MB: Final = 1_000_000


class Disk(msgspec.Struct, frozen=True):
    """A folder that a run writes to. `wanted` bytes have to be free before the load; below `reserve` the run ends."""

    what: str
    folder: Path
    wanted: int
    reserve: int
    error: type[StockstormError]
    remedy: str
    log: Path | None = None  # of what writes there

    def free(self) -> int:
        """Bytes that are free for us. The reserve, when the folder cannot be asked."""
        try:
            return shutil.disk_usage(self.folder).free
        except OSError:
            return self.reserve

    def device(self) -> int:
        """Folders with the same number share their free space."""
        try:
            return os.stat(self.folder).st_dev  # noqa: PTH116 - the number only
        except OSError:
            return -1

    def full(self) -> StockstormError:
        """The error that ends a run."""
        found = f"no space left on device: {_size(self.free())} are free in {self.folder}, {_size(self.reserve)} needed"
        last = f"; its last log: {last_entries(self.log, LINES)}" if self.log else ""
        return self.error(self.what, f"{found}{last}", self.remedy)


def run_disk(folder: Path, events: float) -> Disk:
    """The disk of a run's folder: history, plan and reports."""
    wanted = RUN_BYTES_MIN + int(RUN_BYTES_PER_EVENT * events)
    remedy = "free some space or choose another folder for runs (--runs), then run again"
    return Disk("folder of the run", folder, wanted, RUN_RESERVE_BYTES, LimitError, remedy)


def database_disk(folder: Path, events: float) -> Disk:
    """The disk of the embedded PostgreSQL."""
    log = min(DATABASE_LOG_MAX_BYTES, int(DATABASE_LOG_PER_EVENT * events))
    wanted = DATABASE_BYTES_MIN + log + int(DATABASE_BYTES_PER_EVENT * events)
    remedy = "free some space there, or name another folder in STOCKSTORM_POSTGRES_FOLDER; then run again"
    return Disk("embedded PostgreSQL", folder, wanted, DATABASE_RESERVE_BYTES, BackingError, remedy, folder / "log")


def require_space(disks: Iterable[Disk]) -> None:
    """Raises the error of the first disk with less free space than the run will need on it, with its reserves."""
    needs: dict[int, int] = {}
    for disk in disks:
        needed = needs[disk.device()] = needs.get(disk.device(), 0) + disk.wanted + disk.reserve
        if disk.free() < needed:
            found = f"{_size(disk.free())} are free in {disk.folder}, and the run needs about {_size(needed)}"
            raise disk.error(disk.what, found, f"{disk.remedy}, or choose fewer events (--rate, --seconds)")


def check_space(disks: Iterable[Disk]) -> None:
    """Raises the error of the first disk that is below its reserve."""
    for disk in disks:
        if disk.free() < disk.reserve:
            raise disk.full()


def _size(count: int) -> str:
    return f"{count / MB:,.1f} MB"
