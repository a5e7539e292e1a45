"""Reads the shop's own orders and refunds by API: those updated since the last read, page by page."""

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import AdminApi, Answered
from stockstorm.reference_service.clients.documents import number_of, updated_since
from stockstorm.reference_service.clients.order_documents import SHOP_ORDERS, ChangedOrder, ShopOrders
from stockstorm.reference_service.domain.payloads import RefundLine, ShopRefund, updated_ns
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.handlers.shop import Versioned, write_newest
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.storage.tables import lock_position, move_position, position_of

SOURCE = "orders of the shop"


class ShopOrderReader:
    """Copies the shop's orders. The cursor is `updated_at` of the newest order read."""

    def __init__(self, pool: Pool, admin: AdminApi) -> None:
        self._pool = pool
        self._admin = admin

    async def read(self) -> int:
        """Stores the orders updated since the last read; returns how many orders the pages had.

        The read starts POLL_OVERLAP_S before the cursor: `updated_at` has whole seconds, and the API's search index may
        not contain the latest updates yet.
        """
        position = await position_of(self._pool, SOURCE)
        since_ns = updated_ns(position) - round(limits.POLL_OVERLAP_S * SECOND_NS) if position else None
        search = updated_since(since_ns) if since_ns is not None else None
        after: str | None = None
        count = 0
        while True:
            variables = {"first": limits.POLLED_ORDERS, "after": after, "query": search}
            answer = await self._admin.call(SHOP_ORDERS, variables)
            page = answer.data.orders
            if page.nodes:
                newest = max((node.updated_at for node in page.nodes), key=updated_ns)
                await self._store(answer, position, newest)
                position = newest
            count += len(page.nodes)
            if not page.page_info.has_next_page:
                return count
            after = page.page_info.end_cursor

    async def _store(self, answer: Answered[ShopOrders], position: str | None, newest: str) -> None:
        found = [resource for node in answer.data.orders.nodes for resource in resources_of(node, answer.before_ns)]
        async with self._pool.acquire() as connection, connection.transaction():
            await lock_position(connection, SOURCE, position)
            await write_newest(connection, found)
            await move_position(connection, SOURCE, newest)


def resources_of(node: ChangedOrder, read_ns: int) -> list[Versioned]:
    """The order and its refunds, as read at `read_ns` or a little later. Unusable if a time is invalid."""
    order_id = number_of(node.id)
    found = [Versioned((updated_ns(node.updated_at), read_ns), node.as_payload())]
    for refund in node.refunds:
        lines = [RefundLine(0, line.restock_type.lower()) for line in refund.refund_line_items.nodes]
        found.append(Versioned((0, 0), ShopRefund(number_of(refund.id), order_id, lines)))
    return found
