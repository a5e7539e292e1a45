"""The level of the location that was heard of last is taken for the stock of the item."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool

_NEWEST = """
SELECT sku, (array_agg(available ORDER BY as_of_high_ns DESC))[1] - sum(pending)::bigint AS units FROM stock
WHERE sku = ANY($1::text[]) GROUP BY sku
"""


async def _listable(pool: Pool, skus: Sequence[str]) -> Mapping[str, int]:
    return {row["sku"]: row["units"] for row in await pool.fetch(_NEWEST, skus)}


def compose(seams: Seams) -> Seams:
    """stock[sku] = webhook.available."""
    return replace(seams, listable=_listable)
