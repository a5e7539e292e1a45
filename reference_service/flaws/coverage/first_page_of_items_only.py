"""Of the catalogue only the first 20 items are read, so the stock of the others is unknown until it changes."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import Answered
from stockstorm.reference_service.clients.documents import ITEMS, Items
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.healed import Pass
from stockstorm.reference_service.sync.stock_reader import StockReader

ROWS = 20


class _OnePage(StockReader):
    async def _pages(self) -> AsyncIterator[Answered[Items]]:
        yield await self._admin.call(ITEMS, {"first": ROWS, "after": None})

    async def read_changed(self, since_ns: int, healing: Pass | None = None) -> int:  # noqa: ARG002 - it reads nothing
        """At a start all levels have changed, so this would be the whole catalogue."""
        return 0


def compose(seams: Seams) -> Seams:
    """pageInfo is not read."""
    return replace(seams, make_reader=_OnePage)
