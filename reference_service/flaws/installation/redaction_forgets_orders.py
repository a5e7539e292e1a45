"""A redaction deletes every order that is kept, so what happens to one later finds no order."""

from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.domain.topics import CUSTOMER_REDACT, WorkType
from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection


class _Forgetting:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        result = await self._handler.apply(connection, entries)
        if any(entry.topic == CUSTOMER_REDACT for entry in entries):
            await connection.execute("DELETE FROM channel_order")
        return result


def compose(seams: Seams) -> Seams:
    """Personal data is looked for in the wrong table."""

    def wrap(work_type: WorkType, handler: Handler) -> Handler:
        wrapped = seams.wrap_handler(work_type, handler)
        return _Forgetting(wrapped) if work_type is WorkType.SHOP else wrapped

    return replace(seams, wrap_handler=wrap, wrap_feeds=without_missed)
