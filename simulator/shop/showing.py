"""What buyers see of a marketplace that shows a pushed quantity some time after it accepted it.

The quantity becomes visible less what was sold since it was accepted. Sales are visible at once.
"""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from stockstorm.simulator.model import Sku


class _Coming(NamedTuple):
    """A push that was accepted and is not visible yet."""

    visible_ns: int
    sku: Sku
    quantity: int
    sold: int  # units of the SKU that had been sold by then, since the start


class Showing:
    """Units by SKU as buyers see them. Times never decrease."""

    def __init__(self, listings: Mapping[Sku, int], lag_ns: int) -> None:
        self._shown = dict(listings)
        self._lag_ns = lag_ns
        self._sold: dict[Sku, int] = {}
        self._coming: deque[_Coming] = deque()

    def accept(self, sku: Sku, quantity: int, now_ns: int) -> None:
        """A push was accepted."""
        self._coming.append(_Coming(now_ns + self._lag_ns, sku, quantity, self._sold.get(sku, 0)))

    def sell(self, sku: Sku, units: int) -> None:
        """Units were sold."""
        self._sold[sku] = self._sold.get(sku, 0) + units
        self._shown[sku] -= units

    def units(self, sku: Sku, now_ns: int) -> int:
        """What buyers see. KeyError for an unknown SKU."""
        while self._coming and self._coming[0].visible_ns <= now_ns:
            _, shown, quantity, sold = self._coming.popleft()
            self._shown[shown] = max(0, quantity - (self._sold.get(shown, 0) - sold))
        return self._shown[sku]
