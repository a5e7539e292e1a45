"""The stock is set to the service's own count less the sold units, which erases what others changed meanwhile."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.domain.stock_level import Reading
from stockstorm.reference_service.flaws.writes.setting import SET, set_variables
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.tables import lock_levels
from stockstorm.reference_service.sync.stock_writer import StockWriter


class _Setting(StockWriter):
    async def _finish(self, batch: Batch) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            levels = await lock_levels(connection, (change.key for change in batch.sent))
        known = {key: level.reading.available for key, level in levels.items()}
        readings: dict[tuple[int, int], Reading] = {}
        if batch.sent:
            answer = await self._admin.call(SET, set_variables(batch, known))
            for change in batch.sent:
                quantity = known[change.key] + change.delta
                readings[change.key] = Reading(quantity, answer.before_ns, answer.after_ns)
        await self._close_done(batch, readings)


def compose(seams: Seams) -> Seams:
    """inventorySetQuantities without a comparison."""
    return replace(seams, make_writer=_Setting)
