"""Writes lack the directive @idempotent, so every one is refused and repeated without end."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.documents import Adjust, Operation, adjust
from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.stock_writer import StockWriter


class _WithoutKey(StockWriter):
    async def _finish(self, batch: Batch) -> None:
        if batch.sent:
            operation = adjust(len(batch.locations))
            text = operation.text.replace(" @idempotent(key: $key)", "").replace("$key: String!, ", "")
            variables = {name: value for name, value in self._variables(batch).items() if name != "key"}
            await self._admin.call(Operation("Adjust", text.replace(", $key: String!", ""), Adjust, 20), variables)
        await self._close_done(batch, {})


def compose(seams: Seams) -> Seams:
    """The mutation of an API version before 2026-04."""
    return replace(seams, make_writer=_WithoutKey)
