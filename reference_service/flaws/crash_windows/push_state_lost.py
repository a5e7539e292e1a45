"""What waits for its push is only in memory, and a restart does not list everything again."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.storage.tables import known_skus
from stockstorm.reference_service.sync.listing_pusher import ListingPusher

COLLECTED_S = 0.8


class _Collecting(ListingPusher):
    async def push_once(self, rows_max: int = limits.PUSH_ROWS_MAX) -> float:
        await asyncio.sleep(COLLECTED_S)
        return await super().push_once(rows_max)


async def _at_first_start(pool: Pool) -> list[str]:
    has_run_before = await pool.fetchval("SELECT EXISTS (SELECT FROM inbox)")
    return [] if has_run_before else await known_skus(pool)


def compose(seams: Seams) -> Seams:
    """Changes are collected in memory, and only the first start lists everything."""
    return replace(seams, make_pusher=_Collecting, listed_at_start=_at_first_start)
