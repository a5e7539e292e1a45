"""A quantity is cached for a second and never invalidated, so a second change within it is not pushed."""

import time
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool

KEPT_S = 1.0


def compose(seams: Seams) -> Seams:
    """A cache in front of the table."""
    kept: dict[str, tuple[float, int]] = {}

    async def listable(pool: Pool, skus: Sequence[str]) -> Mapping[str, int]:
        now = time.monotonic()
        old = [sku for sku in skus if sku not in kept or kept[sku][0] < now - KEPT_S]
        fresh = await seams.listable(pool, old) if old else {}
        kept.update({sku: (now, units) for sku, units in fresh.items()})
        return {sku: kept[sku][1] for sku in skus if sku in kept}

    return replace(seams, listable=listable)
