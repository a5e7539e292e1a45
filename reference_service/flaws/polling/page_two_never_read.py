"""Only the first 20 orders of a poll are read; the cursor is moved to the newest."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import FeedPage, Marketplace
from stockstorm.reference_service.seams import Seams

ROWS = 20


class _Marketplace(Marketplace):
    async def orders_since(self, cursor: str, limit: int) -> FeedPage:
        first = page = await super().orders_since(cursor, ROWS)
        while len(page.orders) >= ROWS:
            page = await super().orders_since(page.next_cursor, limit)
        return FeedPage(first.orders, page.next_cursor)


def compose(seams: Seams) -> Seams:
    """The rest of the pages is not applied."""
    return replace(seams, make_marketplace=_Marketplace)
