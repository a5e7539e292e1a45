"""What flaws of deduplication share: a queue that stores a channel's notification again, and one with a memory."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from stockstorm.reference_service.domain.topics import SHOPIFY
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.postgres import PUT_TEMPLATE, PostgresQueue
from stockstorm.reference_service.storage.database import Pool

REPEATING = PUT_TEMPLATE.format(on_conflict=f"UPDATE SET topic = excluded.topic WHERE excluded.source <> '{SHOPIFY}'")


def repeating_queue(pool: Pool) -> PostgresQueue:
    """A queue in which a known notification of a channel gets another entry."""
    return PostgresQueue(pool, REPEATING)


class Memory(Protocol):
    """What a process remembers of the webhooks that it stored."""

    def knows(self, message: Message) -> bool: ...

    def remember(self, message: Message) -> None: ...


class RememberingQueue(PostgresQueue):
    """Deduplicates only by a memory. `race_s` passes between the look-up and the entry in the memory."""

    def __init__(self, pool: Pool, memory: Memory, *, race_s: float = 0.0) -> None:
        super().__init__(pool, REPEATING)
        self._memory = memory
        self._race_s = race_s

    async def put(self, messages: Sequence[Message]) -> int:
        fresh = [message for message in messages if not self._memory.knows(message)]
        if self._race_s:
            await asyncio.sleep(self._race_s)
        if not fresh:
            return 0
        stored = await super().put(fresh)
        for message in fresh:
            self._memory.remember(message)
        return stored


class Endless:
    """A memory that forgets nothing as long as the process lives."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def knows(self, message: Message) -> bool:
        return message.identity in self._known

    def remember(self, message: Message) -> None:
        self._known.add(message.identity)
