"""A stock event of the same second as the known one is dropped instead of being settled by a read."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.stock_level import Comparison, Level, Reading
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.seams import Seams


def _later_second(level: Level, new: Reading) -> tuple[Level, Comparison]:
    if new.low_ns // SECOND_NS <= level.reading.low_ns // SECOND_NS:
        return level, Comparison.OLDER
    return replace(level, reading=new, parked=None, doubtful=False), Comparison.NEWER


def compose(seams: Seams) -> Seams:
    """Only an event of a later second is newer."""
    return replace(seams, apply_reading=_later_second)
