"""Every retry comes exactly 200 ms after its failure, of all clients at once."""

from typing import Any

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi, CallFailed
from stockstorm.reference_service.clients.documents import Operation
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher

WAIT_S = 0.2


class _Admin(AdminApi):
    async def wait_for_points(self, operation: Operation[Any]) -> None:
        """Does not wait."""

    def _delay_s(self, failure: CallFailed, attempts: int) -> float:  # noqa: ARG002 - the base class's
        return WAIT_S


class _Pusher(ListingPusher):
    def _fail(self, failure: MarketplaceCallFailed) -> float:
        super()._fail(failure)
        return WAIT_S


def compose(seams: Seams) -> Seams:
    """A fixed wait."""
    return replace(seams, make_admin=_Admin, make_pusher=_Pusher)
