"""The safety stock is not held back."""

import random

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import AcceptsListings, ListingPusher, ReadListable


def _make(
    channel: str, marketplace: AcceptsListings, listable: ReadListable, _safety_stock: int, rng: random.Random
) -> ListingPusher:
    return ListingPusher(channel, marketplace, listable, 0, rng)


def compose(seams: Seams) -> Seams:
    """No safety stock."""
    return replace(seams, make_pusher=_make)
