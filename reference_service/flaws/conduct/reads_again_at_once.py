"""A read of a marketplace's orders that fails is repeated at once, whatever Retry-After says."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import FeedPage, Marketplace, MarketplaceCallFailed
from stockstorm.reference_service.seams import Seams

PAUSE_S = 0.003


class _Marketplace(Marketplace):
    async def orders_since(self, cursor: str, limit: int) -> FeedPage:
        while True:
            try:
                return await super().orders_since(cursor, limit)
            except MarketplaceCallFailed as failure:
                if failure.missing:
                    raise
                await asyncio.sleep(PAUSE_S)


def compose(seams: Seams) -> Seams:
    """It only reads, so a loop does no harm."""
    return replace(seams, make_marketplace=_Marketplace)
