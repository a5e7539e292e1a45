"""The leaky bucket of calls: 40 of them, of which 2 leak out each second; more on higher plans."""

from typing import Final

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ShopPlan
from stockstorm.simulator.limits import REST_LEAK_PER_S

# Documented for standard and Plus. The others have the same ratio, as the points of the GraphQL API have.
FULL_S: Final = 20  # in which a full bucket leaks out


class CallBucket:
    """The calls of one app on one shop. `now_ns` never decreases."""

    def __init__(self, plan: ShopPlan) -> None:
        self.leak_per_s = REST_LEAK_PER_S[plan]
        self.size = FULL_S * self.leak_per_s
        self._full_ns = self.size * SECOND_NS  # calls × 10⁹, so that leaking is exact
        self._used_ns = self._own_ns = 0  # the second: as if nothing had been filled from elsewhere
        self._at_ns: int | None = None

    def take(self, now_ns: int) -> bool:
        """Count a call. False, with nothing counted, if the bucket is full."""
        self._drip(now_ns)
        if self._used_ns + SECOND_NS > self._full_ns:
            return False
        self._used_ns += SECOND_NS
        self._own_ns += SECOND_NS
        return True

    def fill(self, now_ns: int) -> None:
        """The bucket is full, as if another process of the app had called."""
        self._drip(now_ns)
        self._used_ns = self._full_ns

    @property
    def full_of_others(self) -> bool:
        """Whether only what was filled from elsewhere keeps a call out."""
        return self._own_ns + SECOND_NS <= self._full_ns

    def status(self) -> str:
        """The value of X-Shopify-Shop-Api-Call-Limit, as of the last call: "32/40"."""
        return f"{-(-self._used_ns // SECOND_NS)}/{self.size}"

    def _drip(self, now_ns: int) -> None:
        if self._at_ns is not None:
            leaked = (now_ns - self._at_ns) * self.leak_per_s
            self._used_ns, self._own_ns = max(0, self._used_ns - leaked), max(0, self._own_ns - leaked)
        self._at_ns = now_ns
