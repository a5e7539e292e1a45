"""Listings show the master's stock and not the orders that are not yet in it, which takes half a second."""

import asyncio
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.sync.stock_writer import StockWriter

SLOW_S = 0.5
_AVAILABLE = "SELECT sku, sum(available)::bigint AS units FROM stock WHERE sku = ANY($1::text[]) GROUP BY sku"


async def _listable(pool: Pool, skus: Sequence[str]) -> Mapping[str, int]:
    return {row["sku"]: row["units"] for row in await pool.fetch(_AVAILABLE, skus)}


class _Slow(StockWriter):
    async def write_once(self) -> bool:
        await asyncio.sleep(SLOW_S)
        return await super().write_once()


def compose(seams: Seams) -> Seams:
    """Sold units come back onto the listings until the master has them."""
    return replace(seams, listable=_listable, make_writer=_Slow)
