"""A quantity is pushed only if it differs by more than two from the last pushed one."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, Pushed
from stockstorm.reference_service.seams import Seams

LEAST = 3


class _Marketplace(Marketplace):
    _last: ClassVar[dict[tuple[str, str], int]] = {}

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        rows = {sku: quantity for sku, quantity in quantities.items() if self._is_large(sku, quantity)}
        if not rows:
            return Pushed()
        self._last.update({(self._base, sku): quantity for sku, quantity in rows.items()})
        return await super().push(rows)

    def _is_large(self, sku: str, quantity: int) -> bool:
        last = self._last.get((self._base, sku))
        return last is None or abs(quantity - last) >= LEAST


def compose(seams: Seams) -> Seams:
    """A threshold saves calls."""
    return replace(seams, make_marketplace=_Marketplace)
