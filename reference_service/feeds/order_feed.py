"""A marketplace's orders endpoint as a source for a work_type: a claim is a page, and settling it moves the cursor.

Cursor and effects commit together, so every notification is worked on once, whenever a worker dies. What fails is set
aside in the PostgreSQL queue, from where it is tried again and buried at last, without holding up the feed.
"""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.marketplace import FeedPage, Marketplace, MarketplaceCallFailed
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import (
    Claim,
    DeadLetter,
    Entry,
    Message,
    Retry,
    Verdict,
)
from stockstorm.reference_service.queues.postgres import enqueue
from stockstorm.reference_service.storage.cursors import hold, move, position_of
from stockstorm.reference_service.storage.database import STORE_GONE, Connection, StoreUnavailable
from stockstorm.reference_service.telemetry import metrics
from stockstorm.reference_service.telemetry.logs import reason_of

log = structlog.get_logger()
NAME = r"^[!-~]{0,200}$"


class Noted(msgspec.Struct, frozen=True):
    """The part of a notification that names it. The pattern keeps out what the database cannot hold."""

    id: Annotated[str, msgspec.Meta(pattern=NAME)] = ""
    topic: Annotated[str, msgspec.Meta(pattern=NAME)] = ""


class FeedClaim(Claim):
    """A page of the feed, held by the lock on the cursor."""

    def __init__(self, channel: str, connection: Connection, page: FeedPage) -> None:
        self._channel = channel
        self._connection = connection
        self._page = page
        self._entries = [entry_of(channel, number, body) for number, body in enumerate(page.orders)]

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries

    @property
    def connection(self) -> Connection:
        return self._connection

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Moves the cursor past the page. What was not settled goes to the queue; that a new attempt of a dead letter
        comes to the same end costs little, and keeps one place where events are buried."""
        failed = [verdict.entry for verdict in verdicts if isinstance(verdict, Retry | DeadLetter)]
        if failed:
            log.warning("set_aside", channel=self._channel, notifications=len(failed))
            await enqueue(self._connection, [_message(entry) for entry in failed])
        await move(self._connection, source_of(self._channel), self._page.next_cursor)


class OrderFeed:
    """The feed of one channel."""

    def __init__(self, pool: Any, channel: str, marketplace: Marketplace, dice: random.Random) -> None:
        self._pool = pool
        self._channel = channel
        self._marketplace = marketplace
        self._dice = dice

    @asynccontextmanager
    async def claim(self, work_type: WorkType, limit: int) -> AsyncIterator[Claim]:  # noqa: ARG002 - the feed has one work_type
        source = source_of(self._channel)
        try:
            since = await position_of(self._pool, source)
            page = await self._read(since or "0", min(limit, limits.FEED_PAGE_MAX))
            async with self._pool.acquire() as connection, connection.transaction():
                await hold(connection, source, since)
                yield FeedClaim(self._channel, connection, page)
        except STORE_GONE as error:
            raise StoreUnavailable(reason_of(error)) from error

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:  # noqa: ARG002 - nobody tells that something is new
        await asyncio.sleep(timeout_s)

    async def _read(self, since: str, limit: int) -> FeedPage:
        """The page after the cursor, however long it takes."""
        attempts = 0
        while True:
            try:
                page = await self._marketplace.orders_since(since, limit)
            except MarketplaceCallFailed as failure:
                attempts += 1
                metrics.FEED_READS.labels(self._channel, "failed").inc()
                log.warning("feed_failed", channel=self._channel, attempt=attempts, reason=str(failure))
                await asyncio.sleep(max(failure.wait_s, backoff_s(attempts, self._dice)))
            else:
                metrics.FEED_READS.labels(self._channel, "answered").inc()
                return page


def source_of(channel: str) -> str:
    """The cursor's name."""
    return f"orders of {channel}"


def entry_of(channel: str, number: int, body: bytes) -> Entry:
    """A notification of the page; `number` counts from 0."""
    return Entry(number, number, channel, _noted(body).topic, None, 0, body)


def _noted(body: bytes) -> Noted:
    try:
        return msgspec.json.decode(body, type=Noted)
    except msgspec.DecodeError:
        return Noted()  # the work_type will say what is wrong with it


def _message(entry: Entry) -> Message:
    name = _noted(entry.body).id or hashlib.sha256(entry.body).hexdigest()
    return Message(WorkType.CHANNEL, entry.source, f"read:{name}", entry.topic, None, time.time_ns(), entry.body)
