"""A poll asks for what changed since the second after the last one, so changes of that second are missed."""

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.healed import Pass
from stockstorm.reference_service.sync.stock_reader import StockReader


class _Later(StockReader):
    async def read_changed(self, since_ns: int, healing: Pass | None = None) -> int:
        late_ns = since_ns + round(limits.POLL_OVERLAP_S * SECOND_NS) + SECOND_NS
        return await super().read_changed(late_ns, healing)


def compose(seams: Seams) -> Seams:
    """updated_at > the last poll."""
    return replace(seams, make_reader=_Later)
