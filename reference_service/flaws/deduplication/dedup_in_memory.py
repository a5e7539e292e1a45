"""Webhook ids are kept in memory, so a restart forgets them and a duplicate after it is processed again."""

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import forgetful, without_missed
from stockstorm.reference_service.flaws.deduplication.repeating_queue import RememberingQueue
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool


class _Queue(RememberingQueue):
    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._known: set[tuple[str, str]] = set()

    def knows(self, message: Message) -> bool:
        return message.identity in self._known

    def remember(self, message: Message) -> None:
        self._known.add(message.identity)


def compose(seams: Seams) -> Seams:
    """The memory of one process deduplicates."""
    return replace(seams, make_queue=_Queue, decide=forgetful(seams.decide), wrap_feeds=without_missed)
