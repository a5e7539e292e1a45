"""What flaws change in pushers."""

import random
from collections.abc import Callable

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import AcceptsListings, ListingPusher, ListingState, ReadListable


def with_state(seams: Seams, make_state: Callable[[], ListingState]) -> Seams:
    """Each pusher keeps what waits in a state of the flaw's own."""

    def make(
        channel: str, marketplace: AcceptsListings, listable: ReadListable, safety_stock: int, rng: random.Random
    ) -> ListingPusher:
        pusher = ListingPusher(channel, marketplace, listable, safety_stock, rng)
        pusher.state = make_state()
        return pusher

    return replace(seams, make_pusher=make)
