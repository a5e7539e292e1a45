"""Of the changes of a batch only the first is sent; all of them count as written."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.documents import adjust
from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.stock_writer import StockWriter


def _first(batch: Batch) -> Batch:
    return replace(batch, changes=tuple(batch.sent[:1]))


class _SendingOne(StockWriter):
    async def _finish(self, batch: Batch) -> None:
        if len(batch.sent) < 2:
            await super()._finish(batch)
            return
        one = _first(batch)
        await self._admin.call(adjust(1), self._variables(one))
        await self._close_done(batch, {})


def compose(seams: Seams) -> Seams:
    """changes[0]."""
    return replace(seams, make_writer=_SendingOne)
