"""A webhook id is looked up and entered 40 ms later, so two deliveries within that time are both processed."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import forgetful, without_missed
from stockstorm.reference_service.flaws.deduplication.repeating_queue import Endless, RememberingQueue
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.group_commit import Store
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Pool

RACE_S = 0.04


def _queue(pool: Pool) -> PostgresQueue:
    return RememberingQueue(pool, Endless(), race_s=RACE_S)


class _Each:
    """An inbox that stores each message by itself, so that two of them can race."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, message: Message) -> None:
        await self._store([message])

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def drain(self) -> None:
        """Nothing waits here."""


def compose(seams: Seams) -> Seams:
    """Check, then insert, without a lock."""
    return replace(
        seams,
        make_inbox=_Each,
        make_queue=_queue,
        decide=forgetful(seams.decide),
        wrap_feeds=without_missed,
    )
