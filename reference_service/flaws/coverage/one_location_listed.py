"""The level of an item's first location is listed as if it were the sum over all of them."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool

_FIRST = """
SELECT sku, (array_agg(available ORDER BY location_id))[1] - sum(pending)::bigint AS units FROM stock
WHERE sku = ANY($1::text[]) GROUP BY sku
"""


async def _listable(pool: Pool, skus: Sequence[str]) -> Mapping[str, int]:
    return {row["sku"]: row["units"] for row in await pool.fetch(_FIRST, skus)}


def compose(seams: Seams) -> Seams:
    """levels[0]."""
    return replace(seams, listable=_listable)
