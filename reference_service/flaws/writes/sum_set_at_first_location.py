"""The first location of an item is set to the item's stock at all locations, less the sold units."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.adjustment_batch import Batch, WaitingEffect
from stockstorm.reference_service.domain.stock_level import Level, Reading, home_of
from stockstorm.reference_service.flaws.writes.setting import SET, set_variables
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection
from stockstorm.reference_service.sync.stock_writer import StockWriter

_SUMS = """
SELECT inventory_item_id, sum(available)::bigint FROM stock WHERE inventory_item_id = ANY($1::bigint[])
GROUP BY inventory_item_id
"""


class _SettingSums(StockWriter):
    async def _choose(self, connection: Connection) -> tuple[list[WaitingEffect], dict[str, list[Level]]]:
        chosen, levels = await super()._choose(connection)
        return chosen, {sku: [home_of(of_sku)] for sku, of_sku in levels.items()}

    async def _finish(self, batch: Batch) -> None:
        readings: dict[tuple[int, int], Reading] = {}
        if batch.sent:
            async with self._pool.acquire() as connection:
                rows = await connection.fetch(_SUMS, [change.inventory_item_id for change in batch.sent])
            sums = {row[0]: int(row[1]) for row in rows}
            known = {change.key: sums[change.inventory_item_id] for change in batch.sent}
            answer = await self._admin.call(SET, set_variables(batch, known))
            for change in batch.sent:
                readings[change.key] = Reading(known[change.key] + change.delta, answer.before_ns, answer.after_ns)
        await self._close_done(batch, readings)


def compose(seams: Seams) -> Seams:
    """One quantity for an item."""
    return replace(seams, make_writer=_SettingSums)
