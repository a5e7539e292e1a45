"""A webhook id is forgotten after half a second, so a later duplicate is processed again."""

import time

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import forgetful, without_missed
from stockstorm.reference_service.flaws.deduplication.repeating_queue import RememberingQueue
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool

WINDOW_S = 0.5


class _Window:
    def __init__(self) -> None:
        self._seen_at: dict[tuple[str, str], float] = {}

    def knows(self, message: Message) -> bool:
        return time.monotonic() - self._seen_at.get(message.identity, -WINDOW_S) < WINDOW_S

    def remember(self, message: Message) -> None:
        self._seen_at[message.identity] = time.monotonic()


def _queue(pool: Pool) -> PostgresQueue:
    return RememberingQueue(pool, _Window())


def compose(seams: Seams) -> Seams:
    """A memory with a short window deduplicates."""
    return replace(seams, make_queue=_queue, decide=forgetful(seams.decide), wrap_feeds=without_missed)
