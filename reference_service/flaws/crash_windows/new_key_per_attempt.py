"""Each attempt of a write has a new idempotency key, so a replay after a crash is executed again."""

import asyncio
import uuid

from msgspec.structs import replace

from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.domain.stock_level import Reading
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.tables import LevelKey
from stockstorm.reference_service.sync.stock_writer import StockWriter, Variables

WINDOW_S = 0.25


class _ClosingLate(StockWriter):
    async def _close_done(self, batch: Batch, readings: dict[LevelKey, Reading]) -> None:
        await asyncio.sleep(WINDOW_S)
        await super()._close_done(batch, readings)


def compose(seams: Seams) -> Seams:
    """The key is drawn with the call."""

    def variables(batch: Batch) -> Variables:
        return {**seams.variables(batch), "key": str(uuid.uuid4())}

    return replace(seams, make_writer=_ClosingLate, variables=variables)
