"""The marketplaces' API over aiohttp: bulk pushes of quantities, orders after a cursor, the notification address."""

from collections.abc import Mapping
from urllib.parse import quote

import aiohttp
import msgspec

from stockstorm.reference_service.clients.backoff import AnswerTooLarge, read_bounded, retry_after_s
from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON


class MarketplaceCallFailed(Exception):
    """A call had no usable answer. It may have been executed.

    `wait_s`: the channel's Retry-After, or 0. `status`: of the answer; 0 if there was none.
    """

    def __init__(self, reason: str, wait_s: float = 0.0, status: int = 0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s
        self.status = status

    @property
    def throttled(self) -> bool:
        """Whether the channel takes fewer calls."""
        return self.status == 429

    @property
    def missing(self) -> bool:
        """Whether the channel has no such resource: some only notify, and others only have a feed."""
        return self.status == 404


class Rejected(msgspec.Struct, frozen=True):
    sku: str
    reason: str = ""


class Pushed(msgspec.Struct, frozen=True):
    """A channel's answer to a push."""

    accepted: int = 0
    rejected: list[Rejected] = []


class FeedPage(msgspec.Struct, frozen=True):
    """Notifications as raw JSON, in the order in which they happened. The cursor does not change if there are none."""

    orders: list[msgspec.Raw]
    next_cursor: str


class Listing(msgspec.Struct, frozen=True):
    sku: str
    quantity: int


class ListingPage(msgspec.Struct, frozen=True):
    """Listings by SKU. `next`: the last SKU of the page, or None on the last page."""

    listings: list[Listing]
    next: str | None = None


class Marketplace:
    """One channel. Its base is `{channels_url}/{channel}/v1`."""

    def __init__(self, session: aiohttp.ClientSession, channels_url: str, channel: str, token: str) -> None:
        self._session = session
        self._base = f"{channels_url}/{channel}/v1"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        """Sets the listed quantity of at most 500 SKUs. Raises MarketplaceCallFailed unless the answer is 200."""
        rows = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
        raw = await self._call("PUT", "/listings", msgspec.json.encode({"listings": rows}))
        try:
            return msgspec.json.decode(raw, type=Pushed)
        except UNREADABLE_JSON as error:
            raise MarketplaceCallFailed(f"unexpected shape of the answer: {error}") from None

    async def send_notifications_to(self, url: str) -> None:
        """Registers the URL for order notifications. Raises MarketplaceCallFailed unless the answer is 200."""
        await self._call("PUT", "/notifications", msgspec.json.encode({"url": url}))

    async def orders_since(self, cursor: str, limit: int) -> FeedPage:
        """At most `limit` notifications after the cursor ("0": from the first).

        Raises MarketplaceCallFailed unless the answer is 200.
        """
        raw = await self._call("GET", f"/orders?since={quote(cursor)}&limit={limit}", None)
        try:
            return msgspec.json.decode(raw, type=FeedPage)
        except UNREADABLE_JSON as error:
            raise MarketplaceCallFailed(f"unexpected shape of the answer: {error}") from None

    async def listings_after(self, sku: str, limit: int) -> ListingPage:
        """At most `limit` listings that follow the SKU ("": from the first). Raises MarketplaceCallFailed."""
        raw = await self._call("GET", f"/listings?after={quote(sku, safe='')}&limit={limit}", None)
        try:
            return msgspec.json.decode(raw, type=ListingPage)
        except UNREADABLE_JSON as error:
            raise MarketplaceCallFailed(f"unexpected shape of the answer: {error}") from None

    async def _call(self, method: str, path: str, body: bytes | None) -> bytes:
        try:
            async with self._session.request(method, self._base + path, data=body, headers=self._headers) as response:
                raw = await read_bounded(response)
                if response.status != 200:
                    raise MarketplaceCallFailed(
                        f"HTTP {response.status}",
                        retry_after_s(response.headers.get("Retry-After", "")),
                        response.status,
                    )
                return raw
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise MarketplaceCallFailed(type(error).__name__) from None
        except AnswerTooLarge as error:
            raise MarketplaceCallFailed(str(error)) from None
