"""The safety stock is held back only where more than it is left, so the last units are offered."""

import random
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import AcceptsListings, ListingPusher, ReadListable


def _make(
    channel: str, marketplace: AcceptsListings, listable: ReadListable, safety_stock: int, rng: random.Random
) -> ListingPusher:
    async def offered(skus: Sequence[str]) -> Mapping[str, int]:
        found = await listable(skus)
        return {sku: units + safety_stock if 0 < units <= safety_stock else units for sku, units in found.items()}

    return ListingPusher(channel, marketplace, offered, safety_stock, rng)


def compose(seams: Seams) -> Seams:
    """units - safety_stock if units > safety_stock else units"""
    return replace(seams, make_pusher=_make)
