"""One stock level as the service knows it, and how each new reading changes it. Pure functions over frozen values.

A reading is a quantity that was true at some moment within [low_ns, high_ns]. A webhook with X-Shopify-Triggered-At
is a reading of one instant, a webhook with only `updated_at` of a whole second, an API answer of its call's duration.
If two readings overlap and differ, their order is unknown: the level becomes doubtful and is read again.

While a batch that changes a level is in flight, a new reading may or may not include the batch. It is parked and
compared after the batch was answered. Otherwise the batch's units could be subtracted twice.
"""

from collections.abc import Sequence
from enum import Enum, auto

import msgspec


class Reading(msgspec.Struct, frozen=True, gc=False):
    """`available` was true at some moment of the closed interval. Times are nanoseconds since the epoch."""

    available: int
    low_ns: int
    high_ns: int


class Comparison(Enum):
    """A new reading compared with the known one. DOUBTFUL: they overlap and differ, so their order is unknown."""

    NEWER = auto()
    SAME = auto()
    OLDER = auto()
    DOUBTFUL = auto()


class Level(msgspec.Struct, frozen=True):
    """A stock level of the shop. `pending`: units of channel orders that are not yet written to Shopify.

    `parked`: the newest reading since a batch is in flight. `doubtful`: to be read again by API.
    """

    inventory_item_id: int
    location_id: int
    level_gid: str
    sku: str | None
    reading: Reading
    parked: Reading | None = None
    in_flight: bool = False
    doubtful: bool = False
    pending: int = 0

    @property
    def key(self) -> tuple[int, int]:
        return (self.inventory_item_id, self.location_id)


def compare(known: Reading, new: Reading) -> tuple[Reading, Comparison]:
    """The reading to keep, and how the new one compares. Equal quantities that overlap are merged."""
    if new.low_ns > known.high_ns:
        return new, Comparison.NEWER
    if new.high_ns < known.low_ns:
        return known, Comparison.OLDER
    if new.available == known.available:
        merged = Reading(known.available, max(known.low_ns, new.low_ns), max(known.high_ns, new.high_ns))
        return merged, Comparison.SAME
    return known, Comparison.DOUBTFUL


def apply_webhook(level: Level, new: Reading) -> tuple[Level, Comparison]:
    """The level after a webhook."""
    if level.in_flight:
        return _park(level, new)
    reading, comparison = compare(level.reading, new)
    match comparison:
        case Comparison.NEWER:
            return msgspec.structs.replace(level, reading=reading, doubtful=False), comparison
        case Comparison.DOUBTFUL:
            return msgspec.structs.replace(level, doubtful=True), comparison
        case Comparison.SAME:
            return msgspec.structs.replace(level, reading=reading), comparison
        case Comparison.OLDER:
            return level, comparison


def start_batch(level: Level) -> Level:
    """The level before a batch that changes it is sent."""
    return msgspec.structs.replace(level, in_flight=True)


def finish_batch(level: Level, answer: Reading | None, units: int) -> Level:
    """The level after its batch was closed.

    `answer`: the reading in the answer, if it has one. `units`: pending sales that the batch wrote to Shopify.
    """
    finished = msgspec.structs.replace(level, in_flight=False, parked=None, pending=level.pending - units)
    if answer is not None:
        finished = _apply_answer(finished, answer)
    if level.parked is None:
        return finished
    updated, _ = apply_webhook(finished, level.parked)
    return msgspec.structs.replace(updated, doubtful=updated.doubtful or level.doubtful)


def assume_lower(level: Level) -> Level:
    """The level while it is unknown whether its batch was executed: the lower quantity cannot oversell."""
    if level.parked is None or level.parked.available >= level.reading.available:
        return level
    return msgspec.structs.replace(level, reading=level.parked)


def apply_read(level: Level, answer: Reading) -> Level:
    """The level after an API read. Ignored while a batch is in flight: the answer may not include the batch."""
    return level if level.in_flight else _apply_answer(level, answer)


def home_of(levels: Sequence[Level]) -> Level:
    """The level that holds a SKU's pending units: the one with the lowest location id. `levels` are sorted by it."""
    return levels[0]


def _apply_answer(level: Level, answer: Reading) -> Level:
    reading, comparison = compare(level.reading, answer)
    return msgspec.structs.replace(level, reading=reading, doubtful=comparison is Comparison.DOUBTFUL)


def _park(level: Level, new: Reading) -> tuple[Level, Comparison]:
    if new.high_ns < level.reading.low_ns:
        return level, Comparison.OLDER
    if level.parked is None:
        return msgspec.structs.replace(level, parked=new), Comparison.NEWER
    parked, comparison = compare(level.parked, new)
    doubtful = level.doubtful if comparison is Comparison.OLDER else comparison is Comparison.DOUBTFUL
    return msgspec.structs.replace(level, parked=parked, doubtful=doubtful), comparison
