"""A return that is not restocked raises an error, and everything behind it waits."""

from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import ChannelNotification, Unusable, decode
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection


class _Blocking:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._blocked = False

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        self._blocked = self._blocked or any(map(_is_poison, entries))
        if self._blocked:
            raise ValueError("a return without restock is not supported")
        return await self._handler.apply(connection, entries)


def _is_poison(entry: Entry) -> bool:
    try:
        returned = decode(entry.body, ChannelNotification).order.return_
    except Unusable:
        return False
    return returned is not None and not returned.restock


def _wrap(work_type: WorkType, handler: Handler) -> Handler:
    return _Blocking(handler) if work_type is WorkType.CHANNEL else handler


def compose(seams: Seams) -> Seams:
    """The queue of the marketplaces' orders stands still."""
    return replace(seams, wrap_handler=_wrap)
