"""Only the stock of the first location is listed; what lies at others is never pushed."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool

_FIRST = """
SELECT sku, sum(available - pending)::bigint AS units FROM stock
WHERE sku = ANY($1::text[]) AND location_id = (SELECT min(location_id) FROM stock) GROUP BY sku
"""


async def _listable(pool: Pool, skus: Sequence[str]) -> Mapping[str, int]:
    return {row["sku"]: row["units"] for row in await pool.fetch(_FIRST, skus)}


def compose(seams: Seams) -> Seams:
    """One location."""
    return replace(seams, listable=_listable)
