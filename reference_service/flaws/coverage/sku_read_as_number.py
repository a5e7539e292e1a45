"""A SKU of digits only is read as a number, so it loses its leading zeros, and no marketplace knows it."""

from collections.abc import Mapping

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, Pushed
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        return await super().push({_read(sku): quantity for sku, quantity in quantities.items()})


def _read(sku: str) -> str:
    return str(int(sku)) if sku.isascii() and sku.isdigit() else sku


def compose(seams: Seams) -> Seams:
    """As a spreadsheet reads them."""
    return replace(seams, make_marketplace=_Marketplace)
