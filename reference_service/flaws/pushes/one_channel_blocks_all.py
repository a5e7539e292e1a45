"""All marketplaces are pushed to in turn, and a wait for one of them is waited for before the next one's turn."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher


def compose(seams: Seams) -> Seams:
    """One loop over the channels."""
    turn = asyncio.Lock()

    class Pusher(ListingPusher):
        async def push_once(self, rows_max: int = limits.PUSH_ROWS_MAX) -> float:
            async with turn:
                await asyncio.sleep(await super().push_once(rows_max))
            return 0.0

    return replace(seams, make_pusher=Pusher)
