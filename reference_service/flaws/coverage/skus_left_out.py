"""SKUs whose number ends in 7 are never pushed."""

from collections.abc import Mapping

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, Pushed
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        rows = {sku: quantity for sku, quantity in quantities.items() if not _number(sku).endswith("7")}
        return await super().push(rows) if rows else Pushed()


def _number(sku: str) -> str:
    return "".join(filter(str.isdigit, sku))


def compose(seams: Seams) -> Seams:
    """A mapping file without them."""
    return replace(seams, make_marketplace=_Marketplace)
