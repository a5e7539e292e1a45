"""Every event makes the work of the later ones longer by a millisecond."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection

GROWTH_S = 0.001


class _Slowing:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._events = 0

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        self._events += len(entries)
        await asyncio.sleep(self._events * GROWTH_S)
        return await self._handler.apply(connection, entries)


def compose(seams: Seams) -> Seams:
    """A list that is searched from its beginning."""
    return replace(seams, wrap_handler=lambda work_type, handler: _Slowing(seams.wrap_handler(work_type, handler)))
