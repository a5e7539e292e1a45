"""The cursor of a marketplace's orders is moved one too far, so the next poll misses one."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import FeedPage, Marketplace
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    async def orders_since(self, cursor: str, limit: int) -> FeedPage:
        page = await super().orders_since(cursor, limit)
        return FeedPage(page.orders, str(int(page.next_cursor) + 1)) if page.orders else page


def compose(seams: Seams) -> Seams:
    """last + 1."""
    return replace(seams, make_marketplace=_Marketplace)
