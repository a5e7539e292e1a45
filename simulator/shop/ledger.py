"""The master record of stock: one level per item, a version per change; and the physical stock.

The entries of the ledger are the `StockChanged` facts. Only the newest level of each item is kept in memory. The
subject's adjustments and sets are recorded with all their rows or none. Physical stock counts the units that really
exist, over all channels; only the simulator knows it.
"""

from collections.abc import Iterable, Sequence

import msgspec

from stockstorm.simulator.history.facts import StockChanged, StockUnmoved
from stockstorm.simulator.model import ApiStockCause, Level, Product, Sku, StockCause
from stockstorm.simulator.shop.firing import Action


class LevelChange(msgspec.Struct, frozen=True):
    """A request to add `delta` available units, if `change_from` units are available now (None: in any case)."""

    inventory_item_id: int
    location_id: int
    delta: int
    change_from: int | None


class LevelSet(msgspec.Struct, frozen=True):
    """A request to set the available units, if `change_from` units are available now (None: in any case)."""

    inventory_item_id: int
    location_id: int
    quantity: int
    change_from: int | None


class StaleQuantity(Exception):
    """`change_from` of the row at `index` did not match. Nothing was changed."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"row {index}: the quantity to change from is stale")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """The reason for a change of a level, as the history records it."""

    cause: StockCause
    order: int = -1
    reference: str = ""
    compared: bool = False
    request: int = -1


class Ledger:
    """The newest level of each inventory item. Each item is stocked at exactly one location."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._products = {product.inventory_item_id: product for product in products}
        self._levels = {
            item: Level(item, product.location_id, 0, product.initial_available, 0, 0)
            for item, product in self._products.items()
        }

    def open(self, now_ns: int) -> None:
        """Set the time of every level that has not changed yet: the time at which it was stocked."""
        for item, level in self._levels.items():
            if level.version == 0:
                self._levels[item] = msgspec.structs.replace(level, updated_ns=now_ns)

    def level(self, inventory_item_id: int, location_id: int) -> Level | None:
        """The newest level. None for an unknown item and for an item that is not stocked there."""
        level = self._levels.get(inventory_item_id)
        return level if level is not None and level.location_id == location_id else None

    def of(self, product: Product) -> Level:
        """The newest level of a product of the catalogue."""
        return self._levels[product.inventory_item_id]

    def newest(self, inventory_item_id: int) -> tuple[Sku, int]:
        """SKU and newest version of an item. KeyError for an unknown item."""
        return self._products[inventory_item_id].sku, self._levels[inventory_item_id].version

    def record(
        self, inventory_item_id: int, delta: int, entry: Entry, now_ns: int, *, committed: int = 0
    ) -> tuple[Level, StockChanged]:
        """Append one entry: `delta` to available and `committed` to committed. KeyError for an unknown item."""
        product, old = self._products[inventory_item_id], self._levels[inventory_item_id]
        level = Level(
            inventory_item_id,
            old.location_id,
            old.version + 1,
            old.available + delta,
            old.committed + committed,
            now_ns,
        )
        self._levels[inventory_item_id] = level
        return level, StockChanged(
            now_ns,
            product.sku,
            inventory_item_id,
            old.location_id,
            level.version,
            delta,
            level.available,
            entry.cause,
            entry.order,
            entry.reference,
            entry.compared,
            entry.request,
        )

    def ship(self, product: Product, units: int) -> None:
        """Units that were promised to an order leave the shelf. What is available stays, so it makes no entry."""
        level = self.of(product)
        shipped = msgspec.structs.replace(level, committed=level.committed - units)
        self._levels[product.inventory_item_id] = shipped

    def deltas(self, rows: Sequence[LevelChange | LevelSet]) -> list[int]:
        """The units that each row would add, in order. Changes nothing.

        A row sees the effect of earlier rows on the same item. Raises StaleQuantity at the first `change_from` that
        does not match, KeyError for an item that is unknown or not stocked there.
        """
        running: dict[int, int] = {}
        deltas: list[int] = []
        for index, row in enumerate(rows):
            item = row.inventory_item_id
            level = self.level(item, row.location_id)
            if level is None:
                raise KeyError((item, row.location_id))
            available = running.get(item, level.available)
            if row.change_from is not None and row.change_from != available:
                raise StaleQuantity(index)
            delta = row.delta if isinstance(row, LevelChange) else row.quantity - available
            running[item] = available + delta
            deltas.append(delta)
        return deltas


class PhysicalStock:
    """initial + restocks + units released by cancellation or restocked return − units of accepted orders."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._units: dict[str, int] = {product.sku: product.initial_available for product in products}

    def units(self, sku: Sku) -> int:
        """Units that exist. Negative after an oversell."""
        return self._units[sku]

    def add(self, sku: Sku, units: int) -> None:
        self._units[sku] += units


def record_rows(
    ledger: Ledger,
    rows: Sequence[LevelChange | LevelSet],
    action: Action,
    *,
    cause: ApiStockCause,
    reference: str,
    request: int,
) -> None:
    """Record every row, then fire an event for each row that changed its level.

    A row of 0 units makes no entry and fires no event, but its reference counts as recorded. Raises StaleQuantity for
    the first `change_from` that does not match and KeyError for an item that is not stocked there; both change nothing.
    """
    deltas = ledger.deltas(rows)
    changed: list[tuple[Level, Sku]] = []
    for row, delta in zip(rows, deltas, strict=True):
        if not delta:
            sku, version = ledger.newest(row.inventory_item_id)
            compared = row.change_from is not None
            action.note(StockUnmoved(action.now_ns, sku, version, reference, request, cause, compared))
            continue
        entry = Entry(cause, -1, reference, row.change_from is not None, request)
        level, fact = ledger.record(row.inventory_item_id, delta, entry, action.now_ns)
        action.note(fact)
        changed.append((level, Sku(fact.sku)))
    for level, sku in changed:
        action.stock(level, sku)
