"""Webhook ids are kept in memory, so a restart forgets them and a duplicate after it is processed again."""

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import forgetful, without_missed
from stockstorm.reference_service.flaws.deduplication.repeating_queue import Endless, RememberingQueue
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool


def _queue(pool: Pool) -> PostgresQueue:
    return RememberingQueue(pool, Endless())


def compose(seams: Seams) -> Seams:
    """The memory of one process deduplicates."""
    return replace(seams, make_queue=_queue, decide=forgetful(seams.decide), wrap_feeds=without_missed)
