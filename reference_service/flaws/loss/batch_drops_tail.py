"""Of several events that are processed together, the last is settled without being applied."""

from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Entry, Settled, State
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection


class _WithoutLast:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        if len(entries) < 2:
            return await self._handler.apply(connection, entries)
        result = await self._handler.apply(connection, entries[:-1])
        result.verdicts.append(Settled(entries[-1], State.APPLIED))
        return result


def compose(seams: Seams) -> Seams:
    """The loop over a claim ends one too early."""
    return replace(seams, wrap_handler=lambda work_type, handler: _WithoutLast(seams.wrap_handler(work_type, handler)))
