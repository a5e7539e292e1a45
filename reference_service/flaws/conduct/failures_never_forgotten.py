"""The count of failed pushes is never taken back, and the wait has no bound, so each failure waits longer."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher

FIRST_S = 0.5


class _Pusher(ListingPusher):
    failed = 0

    def _fail(self, failure: MarketplaceCallFailed) -> float:
        self.failed += 1
        return max(super()._fail(failure), FIRST_S * 2.0 ** min(self.failed - 1, 8))


def compose(seams: Seams) -> Seams:
    """Success resets nothing."""
    return replace(seams, make_pusher=_Pusher)
