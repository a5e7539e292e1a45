"""A write has as many changes as wait. Shopify takes 250, so after an outage every write is refused."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.adjustment_batch import WaitingEffect
from stockstorm.reference_service.domain.order import Effect, units_from_json
from stockstorm.reference_service.domain.stock_level import Level
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection
from stockstorm.reference_service.storage.tables import lock_skus
from stockstorm.reference_service.sync.stock_writer import StockWriter

_WAITING = """
SELECT effect_id, token, units::text FROM effect WHERE batch_id IS NULL AND refused IS NULL
ORDER BY effect_id LIMIT $1 FOR UPDATE
"""


class _Unbounded(StockWriter):
    async def _choose(self, connection: Connection) -> tuple[list[WaitingEffect], dict[str, list[Level]]]:
        rows = await connection.fetch(_WAITING, self._orders_max)
        waiting = [WaitingEffect(row[0], Effect(row[1], units_from_json(row[2]))) for row in rows]
        levels = await lock_skus(connection, {sku for one in waiting for sku in one.effect.units})
        return [one for one in waiting if one.effect.units.keys() <= levels.keys()], levels


def compose(seams: Seams) -> Seams:
    """The limit was never met."""
    return replace(seams, make_writer=_Unbounded)
