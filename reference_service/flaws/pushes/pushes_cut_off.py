"""Of the SKUs that wait for a push, those that do not fit into one are forgotten."""

import random

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import AcceptsListings, ListingPusher, ListingState, ReadListable

ROWS_MAX = 3


class _State(ListingState):
    def take(self, rows_max: int = ROWS_MAX) -> list[str]:
        everything = len(self.dirty)  # a start lists all SKUs
        taken = super().take(everything if everything > 10 * ROWS_MAX else min(rows_max, ROWS_MAX))
        self.dirty.clear()
        return taken


def _make(
    channel: str, marketplace: AcceptsListings, listable: ReadListable, safety_stock: int, rng: random.Random
) -> ListingPusher:
    pusher = ListingPusher(channel, marketplace, listable, safety_stock, rng)
    pusher.state = _State()
    return pusher


def compose(seams: Seams) -> Seams:
    """The set of what waits is emptied after one page."""
    return replace(seams, make_pusher=_make)
