"""Time as an argument: the core is told the time, it never asks for it.

All times are integers of nanoseconds on CLOCK_MONOTONIC, which the processes of one machine share.
"""

from typing import Protocol

import msgspec

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000


class Clock(Protocol):
    """Gives monotonic nanoseconds. Live runs use `time.monotonic_ns`, virtual ones a counter."""

    def __call__(self) -> int: ...


class WallPair(msgspec.Struct, frozen=True):
    """One instant on both clocks, so that monotonic times can be shown as wall times."""

    monotonic_ns: int
    wall_ns: int  # since 1970-01-01T00:00:00Z

    def wall(self, at_ns: int) -> int:
        """Wall nanoseconds of a monotonic time."""
        return self.wall_ns + at_ns - self.monotonic_ns
