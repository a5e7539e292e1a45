"""What flaws of deduplication share: a queue that stores a channel's notification again, and one with a memory."""

import asyncio
from collections.abc import Sequence

from stockstorm.reference_service.domain.topics import SHOPIFY
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.postgres import PUT_TEMPLATE, PostgresQueue
from stockstorm.reference_service.storage.database import Pool

REPEATING = PUT_TEMPLATE.format(on_conflict=f"UPDATE SET topic = excluded.topic WHERE excluded.source <> '{SHOPIFY}'")


def repeating_queue(pool: Pool) -> PostgresQueue:
    """A queue in which a known notification of a channel gets another entry."""
    return PostgresQueue(pool, REPEATING)


class RememberingQueue(PostgresQueue):
    """Deduplicates only by what `put` remembers. `race_s` passes between the look-up and the entry in the memory."""

    def __init__(self, pool: Pool, *, race_s: float = 0.0) -> None:
        super().__init__(pool, REPEATING)
        self._race_s = race_s

    def knows(self, message: Message) -> bool:
        """Whether the message is in the memory."""
        raise NotImplementedError

    def remember(self, message: Message) -> None:
        """Enters the message into the memory."""
        raise NotImplementedError

    async def put(self, messages: Sequence[Message]) -> int:
        fresh = [message for message in messages if not self.knows(message)]
        if self._race_s:
            await asyncio.sleep(self._race_s)
        if not fresh:
            return 0
        stored = await super().put(fresh)
        for message in fresh:
            self.remember(message)
        return stored
