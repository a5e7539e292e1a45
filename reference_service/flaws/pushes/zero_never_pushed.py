"""A quantity of 0 is taken for no quantity and not pushed, so what is sold out stays on sale."""

from collections.abc import Mapping

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, Pushed
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        rows = {sku: quantity for sku, quantity in quantities.items() if quantity}
        return await super().push(rows) if rows else Pushed()


def compose(seams: Seams) -> Seams:
    """if quantity:"""
    return replace(seams, make_marketplace=_Marketplace)
