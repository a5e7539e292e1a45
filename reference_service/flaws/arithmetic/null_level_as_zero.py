"""A level without a quantity counts as a level of zero."""

import json
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection


class _Zeroing:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        return await self._handler.apply(connection, [_with_number(entry) for entry in entries])


def _with_number(entry: Entry) -> Entry:
    try:
        level = json.loads(entry.body)
    except ValueError:
        return entry
    if not isinstance(level, dict) or level.get("available", 0) is not None:
        return entry
    return msgspec.structs.replace(entry, body=json.dumps({**level, "available": 0}).encode())


def _wrap(work_type: WorkType, handler: Handler) -> Handler:
    return _Zeroing(handler) if work_type is WorkType.STOCK else handler


def compose(seams: Seams) -> Seams:
    """`level.available or 0`."""
    return replace(seams, wrap_handler=_wrap)
