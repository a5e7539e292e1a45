"""The reference service's queues for the behaviour suite: each empty, with its own database and a running watch."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import msgspec
import pytest

from stockstorm.loadtests.backing.cloud.aws_backings import open_sqs
from stockstorm.loadtests.backing.cloud.base import PubSubBacking, QueueRules, SqsBacking
from stockstorm.loadtests.backing.cloud.pubsub import open_pubsub
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.backing.postgres.server import create_database
from stockstorm.loadtests.backing.postgres.urls import with_database
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import Entry, Message, Queue, Settled, State
from stockstorm.reference_service.queues.broker_queue import open_broker_queue, read_own
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.queues.pubsub import open_pubsub as open_pubsub_broker
from stockstorm.reference_service.queues.sqs import open_sqs as open_sqs_broker
from stockstorm.reference_service.storage.database import Pool, apply_schema, open_pool

RULES = QueueRules(lease_s=30, deliveries_max=8)
SHORT = QueueRules(lease_s=1, deliveries_max=8)  # the emulators then accept any lease
QUIET_S = 0.4
PATIENCE_S = 60.0


class WatchedQueue(msgspec.Struct, frozen=True):
    """A queue with a running watch, and the pool of its database."""

    queue: Queue
    pool: Pool

    async def wait_for_bodies(self, count: int, work_type: WorkType = WorkType.STOCK) -> list[bytes]:
        """Returns the bodies once exactly `count` can be claimed at once. All entries return to the queue."""
        found: list[bytes] = []

        async def as_many() -> bool:
            nonlocal found
            found = await self.claimable(work_type)
            return len(found) == count

        assert await eventually(as_many), found
        return sorted(found)

    async def claimable(self, work_type: WorkType = WorkType.STOCK) -> list[bytes]:
        """The bodies that can be claimed now. All entries return to the queue."""
        try:
            async with self.queue.claim(work_type, 100) as claim:
                found = [entry.body for entry in claim.entries]
                raise LookupError
        except LookupError:
            return found

    async def apply_all(self, count: int, work_type: WorkType = WorkType.STOCK) -> list[Entry]:
        """Applies entries until there were `count` and no more for QUIET_S. Returns them."""
        entries: list[Entry] = []
        deadline = time.monotonic() + PATIENCE_S
        quiet_since = time.monotonic()
        while len(entries) < count or time.monotonic() < quiet_since + QUIET_S:
            assert time.monotonic() < deadline, entries
            async with self.queue.claim(work_type, 100) as claim:
                found = list(claim.entries)
                if found:
                    await claim.settle([Settled(entry, State.APPLIED) for entry in found])
            entries += found
            quiet_since = time.monotonic() if found else quiet_since
            await asyncio.sleep(0.02)
        return sorted(entries, key=lambda entry: entry.body)


OpenQueue = Callable[[], AbstractAsyncContextManager[WatchedQueue]]


def messages(*names: str, work_type: WorkType = WorkType.STOCK, source: str = "shopify") -> list[Message]:
    return [Message(work_type, source, name, "a/topic", 7, 1, json_of(name)) for name in names]


def json_of(name: str) -> bytes:
    return f'{{"name": "{name}"}}'.encode()


async def eventually(is_so: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_S) -> bool:
    deadline = time.monotonic() + seconds
    while not await is_so():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


@asynccontextmanager
async def open_watched(database_url: str, backing: Any, *, dies: bool = False) -> AsyncIterator[WatchedQueue]:
    """The queue with an existing database. The SDKs read the broker's address from the environment.

    `dies`: like a killed process, the queue makes no more calls to the broker and releases nothing.
    """
    async with open_pool(database_url, size=6) as pool:
        await apply_schema(pool)
        async with _queue(pool, backing) as queue:
            watching = asyncio.create_task(queue.watch())
            await asyncio.sleep(0.05)
            if dies:
                vars(queue)["_start"] = lambda call: call.close()
            try:
                yield WatchedQueue(queue, pool)
            finally:
                watching.cancel()
                await asyncio.wait({watching})


@asynccontextmanager
async def _queue(pool: Pool, backing: Any) -> AsyncIterator[Queue]:
    match backing:
        case SqsBacking(queue=given):
            async with open_sqs_broker(given.url) as sqs, open_broker_queue(pool, sqs, read_own) as queue:
                yield queue
        case PubSubBacking(queue=given):
            async with (
                open_pubsub_broker(given.topic, given.subscription) as pubsub,
                open_broker_queue(pool, pubsub, read_own) as queue,
            ):
                yield queue
        case _:
            yield PostgresQueue(pool)


@contextmanager
def open_emulator(kind: str) -> Iterator[Any]:
    """One emulator for many tests; None for PostgreSQL."""
    if kind == "sqs":
        with open_sqs("suite", rules=SHORT) as sqs:
            yield sqs
    elif kind == "pubsub":
        with open_pubsub("suite", "double", SHORT) as pubsub:
            yield pubsub
    else:
        yield None


def empty_database(postgres: EmbeddedPostgres) -> str:
    """The URL of a new database."""
    name = f"q{uuid.uuid4().hex}"
    create_database(postgres.url, name)
    return with_database(postgres.url, name)


def set_sdk_environment(backing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the environment variables that the SDKs read."""
    for variable, value in (backing.environment if backing else {}).items():
        monkeypatch.setenv(variable, value)
