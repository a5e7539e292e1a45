"""Compares what a marketplace lists with what this service last pushed, and lets the pusher repair what differs.

A listing may differ for a good reason: the marketplace has sold a unit and its notification is on its way. To push the
old quantity then would offer the unit again. So a listing counts as wrong only if two reads of it, with the
marketplace's orders read in between, show the same wrong quantity, and nothing concerned the SKU meanwhile: no change
of stock, no sale of the channel, no push. The pusher then pushes the quantity of that moment, like any other.
"""

from collections.abc import Mapping

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.marketplace import Marketplace
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.storage.healed import Healed, Pass
from stockstorm.reference_service.sync.listing_pusher import ListingPusher


class ListingCheck:
    """The listings of one channel. Call `begin`, read the channel's orders, then call `finish`."""

    def __init__(self, pool: Pool, marketplace: Marketplace, pusher: ListingPusher) -> None:
        self._pool, self._marketplace, self._pusher = pool, marketplace, pusher
        self._since = 0
        self.suspects: dict[str, int] = {}  # what the marketplace lists of a SKU, where it differs
        self.read = 0

    async def begin(self) -> None:
        """Reads all listings and notes the ones that differ. Raises MarketplaceCallFailed."""
        self._since = self._pusher.state.changes
        before = self._pusher.state.shown(self._since)
        listed = await self._listed()
        self.read = len(listed)
        self.suspects = differing(listed, before, self._pusher.state.shown(self._since))

    async def finish(self, healing: Pass) -> None:
        """Reads again, and has those pushed that still differ in the same way. Raises MarketplaceCallFailed."""
        if not self.suspects:
            return
        state = self._pusher.state
        before = state.shown(self._since)
        listed = await self._listed()
        again = differing(listed, before, state.shown(self._since))
        wrong = {sku: shows for sku, shows in again.items() if self.suspects.get(sku) == shows}
        if not wrong:
            return
        healed = [
            Healed("listing", self._pusher.channel, sku, str(shows), str(before[sku])) for sku, shows in wrong.items()
        ]
        async with self._pool.acquire() as connection:
            await healing.record(connection, healed)
        self._pusher.forget(wrong)

    async def _listed(self) -> dict[str, int]:
        listed: dict[str, int] = {}
        after = ""
        while True:
            page = await self._marketplace.listings_after(after, limits.LISTINGS_PAGE)
            listed |= {row.sku: row.quantity for row in page.listings}
            if not page.next or page.next <= after:
                return listed
            after = page.next


def differing(listed: Mapping[str, int], before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What is listed where it differs from what this service knew both before and after the read."""
    return {
        sku: shows
        for sku, shows in listed.items()
        if sku in before and before[sku] == after.get(sku) and shows != before[sku]
    }
