"""An item without SKU ends the reading of the catalogue, so the stock of what comes after it is unknown."""

from collections.abc import AsyncIterator
from itertools import takewhile

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import Answered
from stockstorm.reference_service.clients.documents import Items
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.healed import Pass
from stockstorm.reference_service.sync.stock_reader import StockReader


class _UntilNoSku(StockReader):
    async def _pages(self) -> AsyncIterator[Answered[Items]]:
        async for page in super()._pages():
            nodes = page.data.inventory_items.nodes
            read = list(takewhile(lambda item: item.sku is not None, nodes))
            items = replace(page.data.inventory_items, nodes=read)
            yield replace(page, data=replace(page.data, inventory_items=items))
            if len(read) < len(nodes):
                return

    async def read_changed(self, since_ns: int, healing: Pass | None = None) -> int:  # noqa: ARG002 - it ends at once
        """At a start all levels have changed, and those of such items are read among the first."""
        return 0


def compose(seams: Seams) -> Seams:
    """`sku.upper()` of null, and an exception that is caught around the loop."""
    return replace(seams, make_reader=_UntilNoSku)
