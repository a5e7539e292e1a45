"""The ids of a shop: numbers of each kind, as long as those of live shops, or beyond 2^53 in a shop with big ids.

Ids of live shops have 8 to 14 digits (docs/sources.md, S8), so every language reads them exactly. Big ids are odd and
above 2^53, where a double holds even numbers only: two neighbours become one for a receiver that reads them as doubles.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

IdKind = Literal["product", "variant", "inventory_item", "level", "location", "customer", "order", "line", "refund"]

EXACT_MAX: Final = 2**53  # up to here a double holds every whole number
_FIRST: Final[Mapping[IdKind, int]] = {
    "product": 8_204_117_000_000,
    "variant": 45_310_226_000_000,
    "inventory_item": 47_395_108_000_000,
    "level": 523_300_000_000,
    "location": 71_006_000_000,
    "customer": 7_120_400_000_000,
    "order": 5_812_300_000_000,
    "line": 14_320_500_000_000,
    "refund": 931_800_000_000,
}
DERIVED_FIRST: Final = 10_000_000_000_000  # 14 digits
DERIVED_COUNT: Final = 90_000_000_000_000


class Numbering(msgspec.Struct, frozen=True):
    """The ids of one kind: `first`, `first + step`, …"""

    first: int
    step: int = 1

    def of(self, place: int) -> int:
        """The id at a place, from 0."""
        return self.first + self.step * place

    def place(self, number: int) -> int | None:
        """The place of an id. None for a number that is no id of this kind."""
        place, rest = divmod(number - self.first, self.step)
        return None if rest or place < 0 else place


class Ids(msgspec.Struct, frozen=True):
    """How a shop numbers what it has."""

    big: bool
    product: Numbering
    variant: Numbering
    inventory_item: Numbering
    level: Numbering
    location: Numbering
    customer: Numbering
    order: Numbering
    line: Numbering
    refund: Numbering


LIVE_IDS: Final = Ids(big=False, **{kind: Numbering(first) for kind, first in _FIRST.items()})
BIG_IDS: Final = Ids(big=True, **{kind: Numbering(EXACT_MAX + 1 + first, 2) for kind, first in _FIRST.items()})


def ids_of(*, big: bool) -> Ids:
    """The ids of a shop, by its setting `big_ids`."""
    return BIG_IDS if big else LIVE_IDS


def ids_beside(number: int) -> Ids:
    """The numbering of the shop that has this id."""
    return BIG_IDS if number > EXACT_MAX else LIVE_IDS


def within_kind(digest: int, *, big: bool) -> int:
    """An id from 64 random bits, for what has no number of its own."""
    small = DERIVED_FIRST + digest % DERIVED_COUNT
    return EXACT_MAX + 1 + 2 * small if big else small
