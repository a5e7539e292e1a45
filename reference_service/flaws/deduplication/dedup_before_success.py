"""A webhook counts as known before it is stored, so after a failure its next delivery is ignored."""

from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool


class _Queue(PostgresQueue):
    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._known: set[tuple[str, str]] = set()

    async def put(self, messages: Sequence[Message]) -> int:
        fresh = [message for message in messages if message.identity not in self._known]
        self._known |= {message.identity for message in fresh}
        return await super().put(fresh)


def compose(seams: Seams) -> Seams:
    """The mark is set first."""
    return replace(seams, make_queue=_Queue, wrap_feeds=without_missed)
