"""Read positions, one per source. A position is moved in the transaction that commits what was read up to it."""

from stockstorm.reference_service.storage.database import Connection, Pool, StoreUnavailable

_MOVE = """
INSERT INTO poll_cursor (source, position) VALUES ($1, $2)
ON CONFLICT (source) DO UPDATE SET position = excluded.position
"""


async def position_of(pool: Pool, source: str) -> str | None:
    """The position up to which the source was read, or None if it was never read."""
    found: str | None = await pool.fetchval("SELECT position FROM poll_cursor WHERE source = $1", source)
    return found


async def hold(connection: Connection, source: str, position: str | None) -> None:
    """Locks the source's position until the transaction ends. Raises StoreUnavailable if it is not `position`."""
    current = await connection.fetchval("SELECT position FROM poll_cursor WHERE source = $1 FOR UPDATE", source)
    if current != position:
        raise StoreUnavailable(f"another worker reads {source}")


async def move(connection: Connection, source: str, position: str) -> None:
    """Sets the position. It takes effect when the transaction commits."""
    await connection.execute(_MOVE, source, position)
