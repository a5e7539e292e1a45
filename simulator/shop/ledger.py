"""The master record of stock: a level per item and location, a version per change; and the physical stock.

The entries of the ledger are the `StockChanged` facts. Only the newest level of each item is kept in memory. The
subject's adjustments and sets are recorded with all their rows or none. Physical stock counts the units that really
exist, over all channels; only the simulator knows it.
"""

from bisect import insort
from collections.abc import Iterable, Sequence

import msgspec

from stockstorm.simulator.history.facts import StockChanged, StockUnmoved
from stockstorm.simulator.model import ApiStockCause, Level, Product, Sku, StockCause
from stockstorm.simulator.shop.firing import Action


class LevelChange(msgspec.Struct, frozen=True):
    """A request to add `delta` available units, if `change_from` units are available now (None: in any case).

    `connects`: an item that is not stocked at the location is from then on.
    """

    inventory_item_id: int
    location_id: int
    delta: int
    change_from: int | None
    connects: bool = False


class LevelSet(msgspec.Struct, frozen=True):
    """A request to set the available units, if `change_from` units are available now (None: in any case).

    `connects` is as in LevelChange.
    """

    inventory_item_id: int
    location_id: int
    quantity: int
    change_from: int | None
    connects: bool = False


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


class _Item(msgspec.Struct, gc=False):
    """What the ledger knows of one inventory item. `levels` are by location, in ascending order of their ids."""

    product: Product
    available: int  # the sum over all locations
    levels: dict[int, Level]
    several: bool  # whether it has, or had, more than one location
    version: int = 0


class Ledger:
    """The newest level of each inventory item at each of its locations.

    Versions count the changes of an item over all its locations, so they also number what the sum was.
    """

    def __init__(self, products: Iterable[Product]) -> None:
        self._items: dict[int, _Item] = {}
        self._at: dict[int, list[Product]] = {}  # by location, in the order of their items
        self.spread = False  # whether any item has, or had, more than one location
        for product in products:
            item, stocked = product.inventory_item_id, product.stocked
            levels = {each.location_id: Level(item, each.location_id, 0, each.available, 0, 0) for each in stocked}
            self._items[item] = _Item(product, product.initial_available, levels, len(levels) > 1)
            self.spread |= len(levels) > 1
            for location in levels:
                self._at.setdefault(location, []).append(product)
        for at in self._at.values():
            at.sort(key=_item_id)

    def open(self, now_ns: int) -> None:
        """Set the time of every level that has not changed yet: the time at which it was stocked."""
        for item in self._items.values():
            for location, level in item.levels.items():
                if level.version == 0:
                    item.levels[location] = msgspec.structs.replace(level, updated_ns=now_ns)

    # -- reading ---------------------------------------------------------------------------------------------------

    def level(self, inventory_item_id: int, location_id: int) -> Level | None:
        """The newest level. None for an unknown item and for an item that is not stocked there."""
        item = self._items.get(inventory_item_id)
        return None if item is None else item.levels.get(location_id)

    def levels(self, inventory_item_id: int) -> tuple[Level, ...]:
        """The newest level at each location of an item, by ascending location. KeyError for an unknown item."""
        return tuple(self._items[inventory_item_id].levels.values())

    def available(self, inventory_item_id: int) -> int:
        """Available units over all locations of an item. KeyError for an unknown item."""
        return self._items[inventory_item_id].available

    def of(self, product: Product) -> Level:
        """The newest level of a product of the catalogue at its first location."""
        return self._items[product.inventory_item_id].levels[product.location_id]

    def newest(self, inventory_item_id: int) -> tuple[Sku, int]:
        """SKU and newest version of an item. KeyError for an unknown item."""
        item = self._items[inventory_item_id]
        return item.product.sku, item.version

    def several(self, inventory_item_id: int) -> bool:
        """Whether an item has, or had, more than one location. KeyError for an unknown item."""
        return self._items[inventory_item_id].several

    def place(self, inventory_item_id: int, location_id: int) -> int:
        """The location itself, or the first one of the item if it is not stocked there, as for location 0."""
        item = self._items[inventory_item_id]
        if location_id in item.levels:
            return location_id
        first = item.product.location_id
        return first if first in item.levels else next(iter(item.levels))

    def stocked_at(self, location_id: int) -> Sequence[Product]:
        """The products that a location stocks, by ascending inventory item. A view."""
        return self._at.get(location_id, ())

    # -- changes ---------------------------------------------------------------------------------------------------

    def record(
        self,
        inventory_item_id: int,
        delta: int,
        entry: Entry,
        now_ns: int,
        *,
        location_id: int = 0,
        committed: int = 0,
        moved: bool = False,
    ) -> tuple[Level, StockChanged]:
        """Append one entry: `delta` to available and `committed` to committed, at one location (0: the first one).

        `moved`: the units come from, or go to, another location, so the sum stays. KeyError for an unknown item, and
        for one that is not stocked there.
        """
        item = self._items[inventory_item_id]
        product, levels = item.product, item.levels
        old = levels[location_id or product.location_id]
        location = old.location_id
        item.version += 1
        total = 0 if moved else delta
        item.available += total
        level = Level(
            inventory_item_id, location, item.version, old.available + delta, old.committed + committed, now_ns
        )
        levels[location] = level
        return level, StockChanged(
            now_ns,
            product.sku,
            inventory_item_id,
            location,
            item.version,
            total,
            item.available,
            entry.cause,
            entry.order,
            entry.reference,
            entry.compared,
            entry.request,
            level.available if item.several else None,
        )

    def connect(self, inventory_item_id: int, location_id: int, now_ns: int) -> Level:
        """Stock an item at one more location, with no units. The level that is there already stays as it is."""
        item = self._items[inventory_item_id]
        if (known := item.levels.get(location_id)) is not None:
            return known
        level = Level(inventory_item_id, location_id, 0, 0, 0, now_ns)
        item.levels = dict(sorted([*item.levels.items(), (location_id, level)]))
        item.several = self.spread = True
        insort(self._at.setdefault(location_id, []), item.product, key=_item_id)
        return level

    def disconnect(self, inventory_item_id: int, location_id: int) -> None:
        """Remove an item's level, which has no units any more. KeyError if the item is not stocked there."""
        item = self._items[inventory_item_id]
        del item.levels[location_id]
        self._at[location_id].remove(item.product)

    def ship(self, product: Product, units: int, location_id: int = 0) -> None:
        """Units that were promised to an order leave the shelf. What is available stays, so it makes no entry.

        Location 0 is the first one of the item.
        """
        levels = self._items[product.inventory_item_id].levels
        place = self.place(product.inventory_item_id, location_id)
        levels[place] = msgspec.structs.replace(levels[place], committed=levels[place].committed - units)

    def deltas(self, rows: Sequence[LevelChange | LevelSet]) -> list[int]:
        """The units that each row would add, in order. Changes nothing.

        A row sees the effect of earlier rows on the same level. Raises StaleQuantity at the first `change_from` that
        does not match, KeyError for an item that is unknown or not stocked there.
        """
        running: dict[tuple[int, int], int] = {}
        deltas: list[int] = []
        for index, row in enumerate(rows):
            key = (row.inventory_item_id, row.location_id)
            level = self.level(*key)
            if level is None and (not row.connects or row.inventory_item_id not in self._items):
                raise KeyError(key)
            available = running.get(key, 0 if level is None else level.available)
            if row.change_from is not None and row.change_from != available:
                raise StaleQuantity(index)
            delta = row.delta if isinstance(row, LevelChange) else row.quantity - available
            running[key] = available + delta
            deltas.append(delta)
        return deltas


def _item_id(product: Product) -> int:
    return product.inventory_item_id


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
        if row.connects and ledger.level(row.inventory_item_id, row.location_id) is None:
            connect(ledger, row.inventory_item_id, row.location_id, action)
        if not delta:
            sku, version = ledger.newest(row.inventory_item_id)
            compared = row.change_from is not None
            location = row.location_id if ledger.several(row.inventory_item_id) else -1
            unmoved = StockUnmoved(action.now_ns, sku, version, reference, request, cause, compared, location)
            action.note_of(sku, unmoved)
            continue
        entry = Entry(cause, -1, reference, row.change_from is not None, request)
        level, fact = ledger.record(row.inventory_item_id, delta, entry, action.now_ns, location_id=row.location_id)
        action.note_of(fact.sku, fact)
        changed.append((level, Sku(fact.sku)))
    for level, sku in changed:
        action.stock(level, sku)


def connect(ledger: Ledger, inventory_item_id: int, location_id: int, action: Action) -> None:
    """Stock an item at one more location, with no units, and fire the event of it."""
    level = ledger.connect(inventory_item_id, location_id, action.now_ns)
    action.connection("inventory_levels/connect", level, ledger.newest(inventory_item_id)[0])
