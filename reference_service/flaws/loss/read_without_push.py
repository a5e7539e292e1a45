"""What a read of the stock changes is not pushed: only webhooks lead to a push."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_reader import StockReader


def _make(pool: Pool, admin: AdminApi, _: Signals) -> StockReader:
    return StockReader(pool, admin, Signals())


def compose(seams: Seams) -> Seams:
    """Nobody listens to what the reader reports."""
    return replace(seams, make_reader=_make)
