"""A push that fails is repeated after up to a second, whatever Retry-After says."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher


class _Pusher(ListingPusher):
    def _fail(self, failure: MarketplaceCallFailed) -> float:
        super()._fail(MarketplaceCallFailed(str(failure)))
        return backoff_s(1, self._rng)


def compose(seams: Seams) -> Seams:
    """A backoff of its own."""
    return replace(seams, make_pusher=_Pusher)
