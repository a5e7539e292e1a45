"""What is known of one stock level, and how each thing heard of it changes that: pure functions over frozen values.

A reading is a quantity that was true at some moment within [low_ns, high_ns]. A webhook with X-Shopify-Triggered-At
is a reading of one instant, one with `updated_at` alone of a whole second, an API answer of the time that it took.
When two readings overlap and differ, nobody can say which is newer: the level is doubtful and is read again.

While a batch that changes a level is under way, readings of it may or may not include the batch. They are parked and
weighed when the batch has landed; else the batch's units could be subtracted twice.
"""

from collections.abc import Sequence
from enum import Enum, auto

import msgspec


class Reading(msgspec.Struct, frozen=True, gc=False):
    """`available` was true at some moment of the closed interval, nanoseconds since the epoch."""

    available: int
    low_ns: int
    high_ns: int


class Heard(Enum):
    """What a reading did to what we know."""

    NEWER = auto()
    SAME = auto()
    OLDER = auto()
    DOUBTFUL = auto()


class Level(msgspec.Struct, frozen=True):
    """A level of the master as we know it. `pending`: units of channel orders that the master does not have yet."""

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


def weigh(held: Reading, heard: Reading) -> tuple[Reading, Heard]:
    """The better-founded reading of the two, and what the new one was."""
    if heard.low_ns > held.high_ns:
        return heard, Heard.NEWER
    if heard.high_ns < held.low_ns:
        return held, Heard.OLDER
    if heard.available == held.available:
        both = Reading(held.available, max(held.low_ns, heard.low_ns), max(held.high_ns, heard.high_ns))
        return both, Heard.SAME
    return held, Heard.DOUBTFUL


def hear(level: Level, heard: Reading) -> tuple[Level, Heard]:
    """The level after a webhook."""
    if level.in_flight:
        return _park(level, heard)
    reading, outcome = weigh(level.reading, heard)
    match outcome:
        case Heard.NEWER:
            return msgspec.structs.replace(level, reading=reading, doubtful=False), outcome
        case Heard.DOUBTFUL:
            return msgspec.structs.replace(level, doubtful=True), outcome
        case Heard.SAME:
            return msgspec.structs.replace(level, reading=reading), outcome
        case Heard.OLDER:
            return level, outcome


def overwrite(level: Level, heard: Reading) -> tuple[Level, Heard]:
    """The flaw `last_write_wins`: what comes last is taken for the newest."""
    return msgspec.structs.replace(level, reading=heard, parked=None, doubtful=False), Heard.NEWER


def depart(level: Level) -> Level:
    """The level when a batch that changes it is about to be sent."""
    return msgspec.structs.replace(level, in_flight=True)


def land(level: Level, answer: Reading | None, units: int) -> Level:
    """The level after its batch: `answer` is what the call read, `units` of pending sales are now in the master."""
    landed = msgspec.structs.replace(level, in_flight=False, parked=None, pending=level.pending - units)
    if answer is not None:
        landed = _read(landed, answer)
    if level.parked is None:
        return landed
    weighed, _ = hear(landed, level.parked)
    return msgspec.structs.replace(weighed, doubtful=weighed.doubtful or level.doubtful)


def fall_back(level: Level) -> Level:
    """The level while nobody knows whether its batch was executed: the lower of the two quantities is the safe one."""
    if level.parked is None or level.parked.available >= level.reading.available:
        return level
    return msgspec.structs.replace(level, reading=level.parked)


def reread(level: Level, answer: Reading) -> Level:
    """The level after it was read by API. An answer from before a batch that is now under way is not used."""
    return level if level.in_flight else _read(level, answer)


def _read(level: Level, answer: Reading) -> Level:
    reading, outcome = weigh(level.reading, answer)
    return msgspec.structs.replace(level, reading=reading, doubtful=outcome is Heard.DOUBTFUL)


def _park(level: Level, heard: Reading) -> tuple[Level, Heard]:
    if heard.high_ns < level.reading.low_ns:
        return level, Heard.OLDER
    if level.parked is None:
        return msgspec.structs.replace(level, parked=heard), Heard.NEWER
    parked, outcome = weigh(level.parked, heard)
    doubtful = level.doubtful if outcome is Heard.OLDER else outcome is Heard.DOUBTFUL
    return msgspec.structs.replace(level, parked=parked, doubtful=doubtful), outcome


def home_of(levels: Sequence[Level]) -> Level:
    """The level that channel orders of a SKU are taken from and put back to: the lowest location id."""
    return levels[0]
