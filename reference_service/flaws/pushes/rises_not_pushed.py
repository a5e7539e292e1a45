"""A quantity is pushed only if it is lower than the last one, so what comes back is not listed again."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.pushing import with_state
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingState


class _State(ListingState):
    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, int] = {}

    def begin_push(self, quantities: Mapping[str, int]) -> dict[str, int]:
        lower = {sku: units for sku, units in quantities.items() if units < self._last.get(sku, units + 1)}
        self._last |= quantities
        return super().begin_push(lower)


def compose(seams: Seams) -> Seams:
    """`<` where `!=` is meant."""
    return with_state(seams, _State)
