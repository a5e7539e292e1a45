"""What API answers showed the subject of each SKU's stock, and when."""

from bisect import bisect_left
from collections.abc import Callable, Collection
from typing import Final

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f

# Mutations whose names do not begin with "inventory" and whose answers can show stock.
OTHER_MUTATIONS = ("order", "refundCreate", "fulfillmentCreate", "productVariantsBulkUpdate")
QUERIES_ON_STOCK = frozenset({"inventoryItem", "inventoryItems", "inventoryLevel"})
REST: Final = "REST "  # an operation of the REST API: "REST GET inventory_levels"
QUERIES = QUERIES_ON_STOCK | frozenset({
    "fulfillmentOrders", "location", "locations", "node", "nodes", "order", "orders", "ordersCount", "product",
    "productVariant", "productVariants", "products", "shop", "webhookSubscription", "webhookSubscriptions",
})  # fmt: skip
QUERIES_ON_ORDERS = frozenset({"order", "orders", "ordersCount", "orderByIdentifier"})


class Read(msgspec.Struct, frozen=True, gc=False):
    """One answer that showed a SKU."""

    seq: int
    version: int
    request: int
    query: bool  # False: the answer of a mutation, so the subject had written before it knew


class Reads(msgspec.Struct):
    """The answers that showed one SKU, in order."""

    seqs: list[int] = []
    reads: list[Read] = []
    newest: list[int] = []  # the newest version that each answer or an earlier one showed

    def add(self, read: Read) -> None:
        """The next answer."""
        self.seqs.append(read.seq)
        self.reads.append(read)
        self.newest.append(max(read.version, self.newest[-1] if self.newest else 0))

    def only(self, shows: Callable[[int], bool]) -> "Reads":
        """The answers that showed one of these versions."""
        found = Reads([], [], [])
        for read in self.reads:
            if shows(read.version):
                found.add(read)
        return found

    def before(self, seq: int, *, queries: bool = False) -> Read | None:
        """The last answer before a moment; with `queries` that of a query."""
        index = bisect_left(self.seqs, seq) - 1
        while index >= 0 and queries and not self.reads[index].query:
            index -= 1
        return self.reads[index] if index >= 0 else None

    def newest_before(self, seq: int) -> int:
        """The newest version that an answer showed before a moment; 0 if none did."""
        index = bisect_left(self.seqs, seq)
        return self.newest[index - 1] if index else 0


def is_query(operation: str) -> bool:
    """Whether an operation of the Admin API only reads. The answer of a mutation is not a query."""
    if operation.startswith(REST):
        return operation.startswith(f"{REST}GET ")
    if operation.startswith(OTHER_MUTATIONS):
        return operation in QUERIES_ON_ORDERS
    return not operation.startswith("inventory") or operation in QUERIES_ON_STOCK


def writes_stock(operation: str) -> bool:
    """Whether an operation of the Admin API writes levels, in either spelling."""
    return operation.startswith(("inventoryAdjust", "inventorySet", f"{REST}POST inventory_levels/"))


def is_read(operation: str) -> bool:
    """Whether an operation of any API only reads, for certain: a GET request, or queries that are known."""
    if operation.startswith(("GET ", f"{REST}GET ")):
        return True
    return all(name in QUERIES for name in operation.split("+"))


def reads_of(log: FactLog, skus: Collection[str]) -> dict[str, Reads]:
    """The answers that showed these SKUs."""
    found = {sku: Reads() for sku in skus}
    if not found:
        return found
    queries = {call.request for call in log.all(f.ApiCalled) if is_query(call.operation)}
    for seq, shown in log.numbered(f.StockShown):
        for sku, version in zip(shown.skus, shown.versions, strict=True):
            if sku in found:
                found[sku].add(Read(seq, version, shown.request, shown.request in queries))
    return found
