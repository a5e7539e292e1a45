"""Stock from webhooks is written in order of arrival, so a late old event overwrites a newer one."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.stock_level import Comparison, Level, Reading
from stockstorm.reference_service.seams import Seams


def _overwrite(level: Level, new: Reading) -> tuple[Level, Comparison]:
    return replace(level, reading=new, parked=None, doubtful=False), Comparison.NEWER


def compose(seams: Seams) -> Seams:
    """The webhook that arrives last is treated as the newest."""
    return replace(seams, apply_reading=_overwrite)
