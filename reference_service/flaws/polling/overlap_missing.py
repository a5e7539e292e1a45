"""A poll asks for what changed since two seconds after the last one, so what changed in between is missed."""

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.healed import Pass
from stockstorm.reference_service.sync.stock_reader import StockReader

LATE_S = 2.0


class _Later(StockReader):
    async def read_changed(self, since_ns: int, healing: Pass | None = None) -> int:
        late_ns = since_ns + round((limits.POLL_OVERLAP_S + LATE_S) * SECOND_NS)
        return await super().read_changed(late_ns, healing)


def compose(seams: Seams) -> Seams:
    """The time is noted when the first page has come, and rounded up."""
    return replace(seams, make_reader=_Later)
