"""A quantity is pushed only if it is lower than the last one, so what comes back is not listed again."""

import random
from collections.abc import Mapping

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import AcceptsListings, ListingPusher, ListingState, ReadListable


class _State(ListingState):
    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, int] = {}

    def begin_push(self, quantities: Mapping[str, int]) -> dict[str, int]:
        lower = {sku: units for sku, units in quantities.items() if units < self._last.get(sku, units + 1)}
        self._last |= quantities
        return super().begin_push(lower)


def _make(
    channel: str, marketplace: AcceptsListings, listable: ReadListable, safety_stock: int, rng: random.Random
) -> ListingPusher:
    pusher = ListingPusher(channel, marketplace, listable, safety_stock, rng)
    pusher.state = _State()
    return pusher


def compose(seams: Seams) -> Seams:
    """`<` where `!=` is meant."""
    return replace(seams, make_pusher=_make)
