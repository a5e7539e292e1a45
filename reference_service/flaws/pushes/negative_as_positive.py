"""A quantity below zero is listed without its sign."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.storage.tables import listable_of


async def _listable(pool: Pool, skus: Sequence[str]) -> Mapping[str, int]:
    return {sku: abs(units) for sku, units in (await listable_of(pool, skus)).items()}


def compose(seams: Seams) -> Seams:
    """abs()."""
    return replace(seams, listable=_listable)
