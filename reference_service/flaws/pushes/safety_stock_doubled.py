"""The safety stock is held back twice."""

import random

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import AcceptsListings, ListingPusher, ReadListable


def _make(
    channel: str, marketplace: AcceptsListings, listable: ReadListable, safety_stock: int, rng: random.Random
) -> ListingPusher:
    return ListingPusher(channel, marketplace, listable, 2 * safety_stock, rng)


def compose(seams: Seams) -> Seams:
    """Two layers subtract it."""
    return replace(seams, make_pusher=_make)
