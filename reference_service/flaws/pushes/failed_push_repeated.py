"""A push that failed is sent again with the quantities of its first try, which replace newer ones."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, MarketplaceCallFailed, Pushed
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    def __init__(self, *words: Any) -> None:  # Any: as the client takes them
        super().__init__(*words)
        self._unsent: dict[str, int] = {}

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        rows = {sku: self._unsent.get(sku, quantity) for sku, quantity in quantities.items()}
        try:
            pushed = await super().push(rows)
        except MarketplaceCallFailed:
            self._unsent = {**rows, **self._unsent}
            raise
        self._unsent = {sku: quantity for sku, quantity in self._unsent.items() if sku not in rows}
        return pushed


def compose(seams: Seams) -> Seams:
    """The body of a failed call is kept, and not what it was made of."""
    return replace(seams, make_marketplace=_Marketplace)
