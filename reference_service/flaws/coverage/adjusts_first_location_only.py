"""Orders of the marketplaces are written at the first location of an item, whether it has the units or not."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.adjustment_batch import WaitingEffect
from stockstorm.reference_service.domain.stock_level import Level, home_of
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection
from stockstorm.reference_service.sync.stock_writer import StockWriter


class _AtHome(StockWriter):
    async def _choose(self, connection: Connection) -> tuple[list[WaitingEffect], dict[str, list[Level]]]:
        chosen, levels = await super()._choose(connection)
        return chosen, {sku: [home_of(of_sku)] for sku, of_sku in levels.items()}


def compose(seams: Seams) -> Seams:
    """The other levels are not looked at."""
    return replace(seams, make_writer=_AtHome)
