"""One of the marketplaces, mercado, never gets a push."""

from collections.abc import Mapping

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, Pushed
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        if self._base.endswith("/mercado/v1"):
            return Pushed(len(quantities))
        return await super().push(quantities)


def compose(seams: Seams) -> Seams:
    """mercado is not in the list."""
    return replace(seams, make_marketplace=_Marketplace)
