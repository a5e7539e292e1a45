"""A reconciliation leaves the youngest orders to the next one, and moves its cursor past them all the same."""

import aiohttp
from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import FeedPage, Marketplace
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    def __init__(self, session: aiohttp.ClientSession, channels_url: str, channel: str, token: str) -> None:
        super().__init__(session, channels_url, channel, token)
        self._page: tuple[str, FeedPage] = ("", FeedPage([], ""))

    async def orders_since(self, cursor: str, limit: int) -> FeedPage:
        since, page = self._page
        if since == cursor and limit < len(page.orders):  # the part of the page that is old enough
            return FeedPage(page.orders[:limit], page.next_cursor)
        page = await super().orders_since(cursor, limit)
        self._page = (cursor, page)
        return page


def compose(seams: Seams) -> Seams:
    """The cursor of the whole page is stored with a part of it."""
    return replace(seams, make_marketplace=_Marketplace)
