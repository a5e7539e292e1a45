"""The rate limit of a marketplace's API: a bucket of calls that refills evenly. It counts accepted calls only."""

from typing import Final

from stockstorm.simulator.clock import SECOND_NS

WAIT_MIN_S: Final = 1  # Retry-After has whole seconds


class CallRate:
    """`per_s` calls a second, and `burst` at once after a pause. `now_ns` never decreases."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_ns = per_s / SECOND_NS
        self._size = self._left = float(burst)
        self._at_ns: int | None = None

    def wait_s(self, now_ns: int) -> int:
        """Counts a call and returns 0; or returns the seconds after which there is room for one, and counts nothing."""
        if self._at_ns is not None:
            self._left = min(self._size, self._left + (now_ns - self._at_ns) * self._per_ns)
        self._at_ns = now_ns
        if self._left >= 1:
            self._left -= 1
            return 0
        wait_ns = (1 - self._left) / self._per_ns
        return max(WAIT_MIN_S, -(-round(wait_ns) // SECOND_NS))
