"""The stock is read, and 80 ms later set to what was read less the sold units."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service.clients.documents import LEVELS, available_of
from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.domain.stock_level import Reading
from stockstorm.reference_service.flaws.writes.setting import SET, set_variables
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.tables import lock_levels
from stockstorm.reference_service.sync.stock_writer import StockWriter

STALE_S = 0.08


class _ReadingFirst(StockWriter):
    async def _finish(self, batch: Batch) -> None:
        readings: dict[tuple[int, int], Reading] = {}
        if batch.sent:
            known = await self._read(batch)
            await asyncio.sleep(STALE_S)
            answer = await self._admin.call(SET, set_variables(batch, known))
            for change in batch.sent:
                quantity = known[change.key] + change.delta
                readings[change.key] = Reading(quantity, answer.before_ns, answer.after_ns)
        await self._close_done(batch, readings)

    async def _read(self, batch: Batch) -> dict[tuple[int, int], int]:
        async with self._pool.acquire() as connection, connection.transaction():
            levels = await lock_levels(connection, (change.key for change in batch.sent))
        keys = list(levels)
        answer = await self._admin.call(LEVELS, {"ids": [levels[key].level_gid for key in keys]})
        return {
            key: (node and available_of(node.quantities)) or 0
            for key, node in zip(keys, answer.data.nodes, strict=True)
        }


def compose(seams: Seams) -> Seams:
    """Read, calculate, set."""
    return replace(seams, make_writer=_ReadingFirst)
