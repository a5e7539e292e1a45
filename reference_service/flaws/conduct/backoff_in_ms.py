"""Seconds are taken for milliseconds: every wait before a retry is a thousandth of what it should be."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi, CallFailed
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher

THOUSANDTH = 0.001


class _Admin(AdminApi):
    def _delay_s(self, failure: CallFailed, attempts: int) -> float:
        return THOUSANDTH * super()._delay_s(failure, attempts)


class _Pusher(ListingPusher):
    def _fail(self, failure: MarketplaceCallFailed) -> float:
        return THOUSANDTH * super()._fail(failure)


def compose(seams: Seams) -> Seams:
    """The library that sleeps takes milliseconds in one language and seconds in the next."""
    return replace(seams, make_admin=_Admin, make_pusher=_Pusher)
