"""One inventoryAdjustQuantities call: which waiting effects it contains, what it changes, and its reference."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.order import Effect
from stockstorm.reference_service.domain.stock_level import Level, home_of

LevelKey = tuple[int, int]  # inventory item id, location id
REFERENCE_PREFIX = "urn:channel-orders:"


class WaitingEffect(msgspec.Struct, frozen=True):
    """An effect as stored, not yet part of a batch."""

    effect_id: int
    effect: Effect


class Change(msgspec.Struct, frozen=True):
    """What a batch does to one level. `sold`: units of its sales, no longer pending once the batch is done."""

    inventory_item_id: int
    location_id: int
    delta: int
    sold: int

    @property
    def key(self) -> tuple[int, int]:
        return (self.inventory_item_id, self.location_id)


class Batch(msgspec.Struct, frozen=True):
    """A committed batch. The same key with the same changes is sent until Shopify answers."""

    batch_id: int
    idempotency_key: str
    reference: str
    changes: tuple[Change, ...]

    @property
    def sent(self) -> list[Change]:
        """The changes in the call. Shopify skips rows with a delta of 0, so they are left out."""
        return [change for change in self.changes if change.delta]

    @property
    def locations(self) -> list[int]:
        """Ids of the locations in the call, ascending."""
        return sorted({change.location_id for change in self.sent})


def choose_effects(waiting: Sequence[WaitingEffect]) -> list[WaitingEffect]:
    """The oldest effects that fit into one batch, each as a whole.

    A batch whose deltas are all 0 would leave no trace in Shopify. In that case cancellations and returns stay
    waiting, and the batch contains the sales only.
    """
    chosen: list[WaitingEffect] = []
    skus: set[str] = set()
    for candidate in waiting[: limits.ADJUST_ORDERS_MAX]:
        grown = skus | set(candidate.effect.units)
        if len(grown) > limits.ADJUST_CHANGES_MAX and chosen:
            break
        chosen.append(candidate)
        skus = grown
    if any(units_by_sku(chosen).values()):
        return chosen
    return [candidate for candidate in chosen if candidate.effect.sold]


def units_by_sku(chosen: Sequence[WaitingEffect]) -> dict[str, int]:
    """The sum of all effects by SKU."""
    units: dict[str, int] = {}
    for candidate in chosen:
        for sku, delta in candidate.effect.units.items():
            units[sku] = units.get(sku, 0) + delta
    return units


def changes_of(chosen: Sequence[WaitingEffect], levels: Mapping[str, Sequence[Level]]) -> tuple[Change, ...]:
    """The changes of every SKU at its locations, sorted by key. Every SKU must have a level.

    The home level holds the pending units, so it has a change even if all units come from elsewhere.
    """
    sold: dict[str, int] = {}
    for candidate in chosen:
        for sku, units in candidate.effect.sold.items():
            sold[sku] = sold.get(sku, 0) + units
    changes, totals = [], units_by_sku(chosen)
    spare = limits.ADJUST_CHANGES_MAX - len(totals)  # rows for SKUs that are taken from more than one location
    for sku, delta in totals.items():
        home = home_of(levels[sku])
        parts = allocate(delta, levels[sku], 1 + max(0, spare))
        spare -= len(parts) - 1
        deltas = {home.key: 0, **parts}
        for key, part in deltas.items():
            changes.append(Change(*key, part, sold.get(sku, 0) if key == home.key else 0))
    return tuple(sorted(changes, key=lambda change: change.key))


def allocate(delta: int, levels: Sequence[Level], parts_max: int) -> dict[LevelKey, int]:
    """At which locations a change of one SKU is made. `levels` are sorted by location; at most `parts_max` get a part.

    Sold units come from the fullest location, if it has them all; else from as many as are needed, the fullest first.
    What no location has, the fullest one is short of. Units that come back go to the home location.
    """
    if delta >= 0 or len(levels) == 1:
        return {home_of(levels).key: delta}
    fullest = sorted(levels, key=lambda level: -level.reading.available)
    parts: dict[LevelKey, int] = {}
    for level in fullest[:parts_max]:
        if part := min(-delta, max(0, level.reading.available)):
            parts[level.key] = -part
            delta += part
    first = fullest[0].key
    return parts if parts and not delta else {**parts, first: parts.get(first, 0) + delta}


def reference_of(chosen: Sequence[WaitingEffect]) -> str:
    """The referenceDocumentUri: the token of every effect once, percent-encoded."""
    return REFERENCE_PREFIX + ",".join(quote(candidate.effect.token, safe=":") for candidate in chosen)
