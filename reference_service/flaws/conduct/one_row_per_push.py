"""Every SKU is pushed by a call of its own, at most ten a second."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher

PACE_S = 0.1


class _OneByOne(ListingPusher):
    async def push_once(self, rows_max: int = limits.PUSH_ROWS_MAX) -> float:  # noqa: ARG002 - the base class's
        await asyncio.sleep(PACE_S)
        return await super().push_once(1)


def compose(seams: Seams) -> Seams:
    """No bulk call."""
    return replace(seams, make_pusher=_OneByOne)
