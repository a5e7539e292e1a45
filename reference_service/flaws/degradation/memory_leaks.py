"""Every processed event stays in memory with 64 KiB."""

from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection

LEAK_BYTES = 64 * 1024


class _Leaking:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.kept: list[bytes] = []

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        self.kept += [b"x" * LEAK_BYTES for _ in entries]
        return await self._handler.apply(connection, entries)


def compose(seams: Seams) -> Seams:
    """A cache without an end."""
    return replace(seams, wrap_handler=lambda work_type, handler: _Leaking(seams.wrap_handler(work_type, handler)))
