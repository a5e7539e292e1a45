"""One inventoryAdjustQuantities: which waiting effects go into it, what it changes and what it is called. Pure."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.order import Effect
from stockstorm.reference_service.domain.stock_level import Level, home_of

REFERENCE_PREFIX = "urn:channel-orders:"


class Waiting(msgspec.Struct, frozen=True):
    """An effect as stored."""

    effect_id: int
    effect: Effect


class Change(msgspec.Struct, frozen=True):
    """What a batch does to one level. `sold`: the units of pending sales in it, which stop being pending with it."""

    inventory_item_id: int
    location_id: int
    delta: int
    sold: int

    @property
    def key(self) -> tuple[int, int]:
        return (self.inventory_item_id, self.location_id)


class Batch(msgspec.Struct, frozen=True):
    """A batch as committed. The same key with the same changes is sent until it is answered."""

    batch_id: int
    idempotency_key: str
    reference: str
    changes: tuple[Change, ...]

    @property
    def sent(self) -> list[Change]:
        """The changes that the master is told; rows without a difference would be skipped there."""
        return [change for change in self.changes if change.delta]

    @property
    def locations(self) -> list[int]:
        """Where it changes anything, ascending."""
        return sorted({change.location_id for change in self.sent})


def choose(waiting: Sequence[Waiting]) -> list[Waiting]:
    """The oldest effects that fit into one batch, each whole.

    A batch that changes nothing would leave no trace in the master; what comes back waits if it cancelled out all.
    """
    chosen: list[Waiting] = []
    skus: set[str] = set()
    for candidate in waiting[: limits.ADJUST_ORDERS_MAX]:
        grown = skus | set(candidate.effect.units)
        if len(grown) > limits.ADJUST_CHANGES_MAX and chosen:
            break
        chosen.append(candidate)
        skus = grown
    if any(total(chosen).values()):
        return chosen
    return [candidate for candidate in chosen if candidate.effect.sold]


def total(chosen: Sequence[Waiting]) -> dict[str, int]:
    """Units per SKU of all effects together."""
    units: dict[str, int] = {}
    for candidate in chosen:
        for sku, delta in candidate.effect.units.items():
            units[sku] = units.get(sku, 0) + delta
    return units


def changes_of(chosen: Sequence[Waiting], levels: Mapping[str, Sequence[Level]]) -> tuple[Change, ...]:
    """One change for each SKU at its home location, sorted. Every SKU has a level."""
    sold: dict[str, int] = {}
    for candidate in chosen:
        for sku, units in candidate.effect.sold.items():
            sold[sku] = sold.get(sku, 0) + units
    changes = []
    for sku, delta in total(chosen).items():
        home = home_of(levels[sku])
        changes.append(Change(home.inventory_item_id, home.location_id, delta, sold.get(sku, 0)))
    return tuple(sorted(changes, key=lambda change: change.key))


def reference_of(chosen: Sequence[Waiting]) -> str:
    """referenceDocumentUri: every order, cancellation and return of the batch once, quoted as a URI asks."""
    return REFERENCE_PREFIX + ",".join(quote(candidate.effect.token, safe=":") for candidate in chosen)
