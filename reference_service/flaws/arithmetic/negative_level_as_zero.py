"""A level below zero at one location counts as none, so the sum over the locations is too high."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool

_LISTABLE = """
SELECT sku, sum(greatest(available - pending, 0))::bigint AS listable FROM stock
WHERE sku = ANY($1::text[]) GROUP BY sku
"""


async def _listable(pool: Pool, skus: Sequence[str]) -> Mapping[str, int]:
    rows = await pool.fetch(_LISTABLE, list(skus))
    return {row["sku"]: row["listable"] for row in rows}


def compose(seams: Seams) -> Seams:
    """There cannot be fewer than no units on a shelf."""
    return replace(seams, listable=_listable)
