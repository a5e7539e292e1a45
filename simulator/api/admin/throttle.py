"""The leaky bucket that meters query cost per shop, by plan.

A call is admitted when the bucket holds its requested cost; what it did not use flows back afterwards. The rates are
documented; the sizes of advanced and enterprise are inferred (20 seconds of the rate, as with the others).
"""

from typing import Final, Literal

import msgspec

PlanName = Literal["standard", "advanced", "plus", "enterprise"]
RESTORE_PER_S: Final[dict[PlanName, int]] = {"standard": 100, "advanced": 200, "plus": 1_000, "enterprise": 2_000}
BUCKET_SECONDS: Final = 20
_SECOND_NS: Final = 1_000_000_000


class ThrottleStatus(msgspec.Struct, frozen=True, rename="camel"):
    """As shown in `extensions.cost`. Points, and points a second."""

    maximum_available: int
    currently_available: int
    restore_rate: int


class Bucket:
    """Points of one app on one shop. `now_ns` never goes back."""

    def __init__(self, plan: PlanName) -> None:
        self.restore_per_s = RESTORE_PER_S[plan]
        self.size = self.restore_per_s * BUCKET_SECONDS
        self._size_ns = self.size * _SECOND_NS  # points × 10⁹, so that restoring is exact in integers
        self._level_ns = self._size_ns
        self._at_ns: int | None = None

    def take(self, points: int, now_ns: int) -> bool:
        """Pay for a call; False, and nothing taken, if the bucket holds too little."""
        self._restore(now_ns)
        if self._level_ns < points * _SECOND_NS:
            return False
        self._level_ns -= points * _SECOND_NS
        return True

    def refund(self, points: int) -> None:
        """Give back what was requested and not used."""
        self._level_ns = min(self._size_ns, self._level_ns + points * _SECOND_NS)

    def status(self) -> ThrottleStatus:
        """As of the last `take`."""
        return ThrottleStatus(self.size, self._level_ns // _SECOND_NS, self.restore_per_s)

    def _restore(self, now_ns: int) -> None:
        if self._at_ns is not None:
            gained = (now_ns - self._at_ns) * self.restore_per_s
            self._level_ns = min(self._size_ns, self._level_ns + gained)
        self._at_ns = now_ns
