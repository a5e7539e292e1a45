"""All marketplaces share one connection, so a call that gets no answer holds up the others."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """A pool of one connection."""
    connection = asyncio.Lock()

    class OfOneConnection(Marketplace):
        async def _call(self, method: str, path: str, body: bytes | None) -> bytes:
            async with connection:
                return await super()._call(method, path, body)

    return replace(seams, make_marketplace=OfOneConnection)
