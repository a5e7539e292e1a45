"""Orders are marked as written before the call to Shopify, so a crash in between loses them."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service.clients.documents import adjust
from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.stock_writer import StockWriter, variables_of

WINDOW_S = 0.25


class _MarkingFirst(StockWriter):
    async def _finish(self, batch: Batch) -> None:
        await self._close_done(batch, {})
        await asyncio.sleep(WINDOW_S)
        if batch.sent:
            await self._admin.call(adjust(len(batch.locations)), variables_of(batch))
        self._signals.request_reread()


def compose(seams: Seams) -> Seams:
    """Mark, then write."""
    return replace(seams, make_writer=_MarkingFirst)
