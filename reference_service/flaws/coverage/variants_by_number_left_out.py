"""Stock events of every tenth item, by its number, have no effect."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.stock_level import Comparison, Level, Reading
from stockstorm.reference_service.seams import Seams

PARTS = 10


def compose(seams: Seams) -> Seams:
    """The tenth shard has no worker."""

    def apply(level: Level, new: Reading) -> tuple[Level, Comparison]:
        if level.inventory_item_id % PARTS == 0:
            return level, Comparison.OLDER
        return seams.apply_reading(level, new)

    return replace(seams, apply_reading=apply)
