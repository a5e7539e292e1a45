"""Stock events are compared by their second; of two in one second the last to arrive wins."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.stock_level import Comparison, Level, Reading
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.seams import Seams


def _by_second(level: Level, new: Reading) -> tuple[Level, Comparison]:
    if new.low_ns // SECOND_NS < level.reading.low_ns // SECOND_NS:
        return level, Comparison.OLDER
    return replace(level, reading=new, parked=None, doubtful=False), Comparison.NEWER


def compose(seams: Seams) -> Seams:
    """Seconds decide, then the arrival."""
    return replace(seams, apply_reading=_by_second)
