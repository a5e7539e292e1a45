"""The tables that several parts use: stock levels, and the read positions of sources.

Rows of stock levels are locked in one fixed order, so transactions cannot deadlock. Writes are bulk. A position is
moved in the transaction that commits what was read up to it.
"""

from collections.abc import Iterable, Mapping, Sequence

from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.storage.database import Connection, Pool, Row, StoreUnavailable

LevelKey = tuple[int, int]  # inventory item id, location id

_COLUMNS = """inventory_item_id, location_id, level_gid, sku, available, as_of_low_ns, as_of_high_ns,
  parked_available, parked_low_ns, parked_high_ns, in_flight, doubtful, pending"""
_LOCK_BY_KEY = f"""
SELECT {_COLUMNS} FROM stock JOIN unnest($1::bigint[], $2::bigint[]) AS k (item, location)
  ON inventory_item_id = item AND location_id = location
ORDER BY inventory_item_id, location_id FOR UPDATE OF stock
"""  # noqa: S608 - the columns are a constant of this module
_LOCK_BY_SKU = f"""
SELECT {_COLUMNS} FROM stock WHERE sku = ANY($1::text[]) ORDER BY inventory_item_id, location_id FOR UPDATE
"""  # noqa: S608 - the columns are a constant of this module
_ROWS = """unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::bigint[],
  $8::integer[], $9::bigint[], $10::bigint[], $11::boolean[], $12::boolean[], $13::integer[])"""
_UPDATE = f"""
UPDATE stock SET level_gid = t.level_gid, sku = t.sku, available = t.available, as_of_low_ns = t.as_of_low_ns,
  as_of_high_ns = t.as_of_high_ns, parked_available = t.parked_available, parked_low_ns = t.parked_low_ns,
  parked_high_ns = t.parked_high_ns, in_flight = t.in_flight, doubtful = t.doubtful, pending = t.pending
FROM {_ROWS} AS t ({_COLUMNS})
WHERE stock.inventory_item_id = t.inventory_item_id AND stock.location_id = t.location_id
"""  # noqa: S608 - the columns are a constant of this module
_INSERT = f"""
INSERT INTO stock ({_COLUMNS}) SELECT * FROM {_ROWS} ON CONFLICT (inventory_item_id, location_id)
  DO UPDATE SET doubtful = true
"""  # noqa: S608 - the columns are a constant of this module
_LISTABLE = """
SELECT sku, sum(available - pending)::bigint AS listable FROM stock WHERE sku = ANY($1::text[]) GROUP BY sku
"""
_MOVE_POSITION = """
INSERT INTO poll_cursor (source, position) VALUES ($1, $2)
ON CONFLICT (source) DO UPDATE SET position = excluded.position
"""


async def lock_levels(connection: Connection, keys: Iterable[LevelKey]) -> dict[LevelKey, Level]:
    """The existing levels with these keys, locked until the transaction ends."""
    ordered = sorted(set(keys))
    rows = await connection.fetch(_LOCK_BY_KEY, [key[0] for key in ordered], [key[1] for key in ordered])
    return {level.key: level for level in map(_level, rows)}


async def lock_skus(connection: Connection, skus: Iterable[str]) -> dict[str, list[Level]]:
    """The levels of each SKU by ascending location, locked until the transaction ends. Unknown SKUs are left out."""
    found: dict[str, list[Level]] = {}
    for row in await connection.fetch(_LOCK_BY_SKU, sorted(set(skus))):
        found.setdefault(row["sku"], []).append(_level(row))
    for levels in found.values():
        levels.sort(key=lambda level: level.location_id)
    return found


async def write_levels(connection: Connection, levels: Sequence[Level]) -> None:
    """Updates existing levels."""
    if levels:
        await connection.execute(_UPDATE, *_columns(levels))


async def add_levels(connection: Connection, levels: Sequence[Level]) -> None:
    """Adds levels. One that another transaction has added meanwhile is marked doubtful and will be read again."""
    if levels:
        await connection.execute(_INSERT, *_columns(levels))


async def listable_of(pool: Pool, skus: Sequence[str]) -> Mapping[str, int]:
    """Per SKU: units in the master minus units sold that the master does not know yet. May be negative."""
    return {row["sku"]: row["listable"] for row in await pool.fetch(_LISTABLE, skus)}


async def known_skus(pool: Pool) -> list[str]:
    """Every SKU that has a level."""
    rows = await pool.fetch("SELECT DISTINCT sku FROM stock WHERE sku <> '' ORDER BY sku")
    return [row["sku"] for row in rows]


async def doubtful_levels(pool: Pool, limit: int) -> list[tuple[LevelKey, str]]:
    """Keys and Shopify ids of at most `limit` levels that must be read again."""
    rows = await pool.fetch(
        "SELECT inventory_item_id, location_id, level_gid FROM stock WHERE doubtful AND NOT in_flight LIMIT $1", limit
    )
    return [((row[0], row[1]), row[2]) for row in rows]


async def position_of(pool: Pool, source: str) -> str | None:
    """The position up to which the source was read, or None if it was never read."""
    found: str | None = await pool.fetchval("SELECT position FROM poll_cursor WHERE source = $1", source)
    return found


async def lock_position(connection: Connection, source: str, position: str | None) -> None:
    """Locks the source's position until the transaction ends. Raises StoreUnavailable if it is not `position`."""
    if not await is_at(connection, source, position):
        raise StoreUnavailable(f"another worker reads {source}")


async def is_at(connection: Connection, source: str, position: str | None) -> bool:
    """Locks the source's position until the transaction ends. False if another reader has moved it meanwhile."""
    current = await connection.fetchval("SELECT position FROM poll_cursor WHERE source = $1 FOR UPDATE", source)
    return bool(current == position)


async def move_position(connection: Connection, source: str, position: str) -> None:
    """Sets the position. It takes effect when the transaction commits."""
    await connection.execute(_MOVE_POSITION, source, position)


def _level(row: Row) -> Level:
    parked = Reading(row[7], row[8], row[9]) if row[7] is not None else None
    return Level(
        row[0], row[1], row[2], row[3], Reading(row[4], row[5], row[6]), parked, row[10], row[11], row[12]
    )  # the order of _COLUMNS


def _columns(levels: Sequence[Level]) -> list[list[object]]:
    rows = [
        (
            level.inventory_item_id,
            level.location_id,
            level.level_gid,
            level.sku,
            level.reading.available,
            level.reading.low_ns,
            level.reading.high_ns,
            level.parked.available if level.parked else None,
            level.parked.low_ns if level.parked else None,
            level.parked.high_ns if level.parked else None,
            level.in_flight,
            level.doubtful,
            level.pending,
        )
        for level in levels
    ]
    return [list(column) for column in zip(*rows, strict=True)]
