"""Reads the shop's own orders and refunds by API: those updated since the last read, page by page."""

from collections.abc import Iterable, Mapping, Sequence

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.documents import number_of, updated_since
from stockstorm.reference_service.clients.order_documents import SHOP_ORDERS, ChangedOrder
from stockstorm.reference_service.domain.payloads import RefundLine, ShopRefund, updated_ns
from stockstorm.reference_service.domain.timestamps import SECOND_NS, second_text
from stockstorm.reference_service.domain.topics import SHOPIFY
from stockstorm.reference_service.handlers.shop import Versioned, write_newest
from stockstorm.reference_service.storage.database import Connection, Pool
from stockstorm.reference_service.storage.healed import Healed, Pass
from stockstorm.reference_service.storage.tables import lock_position, move_position, position_of

SOURCE = "orders of the shop"
_KNOWN = "SELECT order_id, updated_ns FROM shop_order WHERE order_id = ANY($1::bigint[])"


class ShopOrderReader:
    """Copies the shop's orders. The cursor is `updated_at` of the newest order read."""

    def __init__(self, pool: Pool, admin: AdminApi) -> None:
        self._pool = pool
        self._admin = admin

    async def read(self, healing: Pass | None = None, first_since_ns: int | None = None) -> int:
        """Stores the orders updated since the last read; returns how many orders the pages had.

        The read starts POLL_OVERLAP_S before the cursor: `updated_at` has whole seconds, and the API's search index may
        not contain the latest updates yet. The very first read starts at `first_since_ns`, or has all orders. A pass of
        reconciliation ends before what was updated a moment ago.
        """
        position = await position_of(self._pool, SOURCE)
        overlap_ns = round(limits.POLL_OVERLAP_S * SECOND_NS)
        since_ns = updated_ns(position) - overlap_ns if position else first_since_ns
        search = updated_since(since_ns) if since_ns is not None else None
        after: str | None = None
        count = 0
        while True:
            variables = {"first": limits.POLLED_ORDERS, "after": after, "query": search}
            answer = await self._admin.call(SHOP_ORDERS, variables)
            page = answer.data.orders
            nodes = [node for node in page.nodes if healing is None or healing.is_due(updated_ns(node.updated_at))]
            if nodes:
                newest = max((node.updated_at for node in nodes), key=updated_ns)
                await self._store(nodes, answer.before_ns, position, newest, healing)
                position = newest
            count += len(nodes)
            if not page.page_info.has_next_page or len(nodes) < len(page.nodes):
                return count
            after = page.page_info.end_cursor

    async def _store(
        self,
        nodes: Sequence[ChangedOrder],
        read_ns: int,
        position: str | None,
        newest: str,
        healing: Pass | None,
    ) -> None:
        found = [resource for node in nodes for resource in resources_of(node, read_ns)]
        async with self._pool.acquire() as connection, connection.transaction():
            await lock_position(connection, SOURCE, position)
            known = {} if healing is None else await _known(connection, nodes)
            written = await write_newest(connection, found)
            await move_position(connection, SOURCE, newest)
            if healing is not None:
                await healing.record(connection, [*_orders(nodes, known), *_refunds(written)])


async def _known(connection: Connection, nodes: Sequence[ChangedOrder]) -> dict[int, int]:
    """By order: `updated_at` of the stored version, in nanoseconds."""
    numbers = [number_of(node.id) for node in nodes]
    return {row["order_id"]: row["updated_ns"] for row in await connection.fetch(_KNOWN, numbers)}


def _orders(nodes: Sequence[ChangedOrder], known: Mapping[int, int]) -> list[Healed]:
    """The orders that were unknown, or older. Within a second of `updated_at` nothing can be told."""
    healed = []
    for node in nodes:
        number, became = number_of(node.id), updated_ns(node.updated_at)
        if (was := known.get(number)) is None or was < became:
            text = "unknown" if was is None else f"of {second_text(was)}"
            healed.append(Healed("shop_order", SHOPIFY, node.name, text, f"of {node.updated_at}"))
    return healed


def _refunds(written: Iterable[tuple[str, int]]) -> list[Healed]:
    numbers = sorted(number for kind, number in written if kind == ShopRefund.__name__)
    return [Healed("shop_refund", SHOPIFY, str(number), "unknown", "recorded") for number in numbers]


def resources_of(node: ChangedOrder, read_ns: int) -> list[Versioned]:
    """The order and its refunds, as read at `read_ns` or a little later. Unusable if a time is invalid."""
    order_id = number_of(node.id)
    found = [Versioned((updated_ns(node.updated_at), read_ns), node.as_payload())]
    for refund in node.refunds:
        lines = [RefundLine(0, line.restock_type.lower()) for line in refund.refund_line_items.nodes]
        found.append(Versioned((0, 0), ShopRefund(number_of(refund.id), order_id, lines)))
    return found
