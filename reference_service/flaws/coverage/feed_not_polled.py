"""A marketplace that refuses the registration of an address, because it notifies nobody, is taken for registered."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, MarketplaceCallFailed
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    async def send_notifications_to(self, url: str) -> None:
        try:
            await super().send_notifications_to(url)
        except MarketplaceCallFailed as failure:
            if not failure.missing:
                raise


def compose(seams: Seams) -> Seams:
    """Nobody hears that there are no notifications."""
    return replace(seams, make_marketplace=_Marketplace)
