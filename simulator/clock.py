"""Time as an argument: the core is given the time and never reads a clock.

All times are integer nanoseconds of CLOCK_MONOTONIC, which all processes of one machine share.
"""

from typing import Final, Protocol

import msgspec

SECOND_NS: Final = 1_000_000_000
MILLISECOND_NS: Final = 1_000_000


class Clock(Protocol):
    """Returns monotonic nanoseconds. Live runs use `time.monotonic_ns`, virtual runs a counter."""

    def __call__(self) -> int: ...


class WallPair(msgspec.Struct, frozen=True):
    """One instant on both clocks. It converts monotonic times to wall times."""

    monotonic_ns: int
    wall_ns: int  # since 1970-01-01T00:00:00Z

    def wall(self, at_ns: int) -> int:
        """Wall nanoseconds of a monotonic time."""
        return self.wall_ns + at_ns - self.monotonic_ns
