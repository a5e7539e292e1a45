"""How far readers have come, by source. A position is moved in the transaction of what was read up to it."""

from typing import Any

from stockstorm.reference_service.storage.database import Connection, StoreUnavailable

_MOVE = """
INSERT INTO poll_cursor (source, position) VALUES ($1, $2)
ON CONFLICT (source) DO UPDATE SET position = excluded.position
"""


async def position_of(pool: Any, source: str) -> str | None:
    """Where the source was read up to; None if it never was."""
    found: str | None = await pool.fetchval("SELECT position FROM poll_cursor WHERE source = $1", source)
    return found


async def hold(connection: Connection, source: str, position: str | None) -> None:
    """Locks the source's position until the transaction ends; StoreUnavailable if it is not `position` any more."""
    held = await connection.fetchval("SELECT position FROM poll_cursor WHERE source = $1 FOR UPDATE", source)
    if held != position:
        raise StoreUnavailable(f"another worker reads {source}")


async def move(connection: Connection, source: str, position: str) -> None:
    """Moves the position, if and when the transaction commits."""
    await connection.execute(_MOVE, source, position)
