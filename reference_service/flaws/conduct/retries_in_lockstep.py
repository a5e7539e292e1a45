"""Every retry comes 200 ms after its failure. A failed push is repeated by one call for each row, all at once."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed
from stockstorm.reference_service.flaws.calling import repeated_after
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher, quantities_of

WAIT_S = 0.2
AT_ONCE_MAX = 40  # calls to one marketplace


class _InStep(ListingPusher):
    """After a failure the next pass is one call for each row."""

    async def _push(self, skus: Sequence[str]) -> float:
        if not self._failures:
            return await super()._push(skus)
        now, later = skus[:AT_ONCE_MAX], skus[AT_ONCE_MAX:]
        self.state.touch(later)
        self.pushes.begin()
        done = [sku for sku in await asyncio.gather(*map(self._alone, now)) if sku]
        self.pushes.end(done)
        if len(done) < len(now):
            return WAIT_S
        self._failures = 0
        return 0.0

    async def _alone(self, sku: str) -> str:
        """The SKU, or nothing if its call failed."""
        try:
            quantities = quantities_of(await self._listable([sku]), self._safety_stock)
            pushed = await self._marketplace.push(quantities)
        except MarketplaceCallFailed:
            self.state.touch([sku])
            return ""
        except BaseException:
            self.state.touch([sku])
            raise
        for row in pushed.rejected:
            self._rejected.add(row.sku)
        return sku

    def _fail(self, failure: MarketplaceCallFailed) -> float:
        super()._fail(failure)
        return WAIT_S


def compose(seams: Seams) -> Seams:
    """A fixed wait, and no bulk call for what is repeated."""
    return replace(repeated_after(seams, WAIT_S), make_pusher=_InStep)
