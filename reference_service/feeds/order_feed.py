"""A marketplace's orders endpoint as a source of a work loop: a claim is a page, and settling it moves the cursor.

Cursor and effects are committed together, so every notification is applied exactly once, even if the worker is killed.
Failed notifications are put into the PostgreSQL queue, where they are retried and at last become dead letters. So they
do not block the feed.
"""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import msgspec
import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.marketplace import FeedPage, Marketplace, MarketplaceCallFailed
from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON, ChannelNotification, decode
from stockstorm.reference_service.domain.timestamps import nanoseconds_or_none
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.queues.base import (
    Claim,
    DeadLetter,
    Entry,
    Message,
    Retry,
    Settled,
    State,
    Verdict,
)
from stockstorm.reference_service.queues.postgres import enqueue
from stockstorm.reference_service.storage.database import STORE_GONE, Connection, Pool, StoreUnavailable
from stockstorm.reference_service.storage.dead_letters import dead_bodies
from stockstorm.reference_service.storage.healed import Healed, Pass
from stockstorm.reference_service.storage.tables import is_at, move_position, position_of

log = structlog.get_logger()
NAME = r"^[!-~]{0,200}$"  # printable ASCII: text that the database can store


class NotificationHead(msgspec.Struct, frozen=True):
    """The fields of a notification that identify it."""

    id: Annotated[str, msgspec.Meta(pattern=NAME)] = ""
    topic: Annotated[str, msgspec.Meta(pattern=NAME)] = ""
    occurred_at: str = ""


class FeedClaim(Claim):
    """A page of the feed. The lock on the cursor keeps other workers from reading it."""

    def __init__(self, channel: str, connection: Connection, page: FeedPage, healing: Pass | None = None) -> None:
        self._channel = channel
        self._healing = healing
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
        """Moves the cursor past the page and puts failed entries into the queue, because their webhooks may never come.

        Dead letters go there too: one more attempt costs little, and only the queue has to write dead letters. One that
        is there already, because the webhook came as well, is left out.
        """
        failed = [verdict.entry for verdict in verdicts if isinstance(verdict, Retry | DeadLetter)]
        if failed:
            known = await dead_bodies(self._connection, [entry.body for entry in failed])
            log.warning("notifications_requeued", channel=self._channel, notifications=len(failed))
            await enqueue(self._connection, [_message(entry) for entry in failed if bytes(entry.body) not in known])
        if self._healing is not None:
            await self._healing.record(self._connection, [_healed(each.entry) for each in verdicts if _applied(each)])
        await move_position(self._connection, source_of(self._channel), self._page.next_cursor)


class OrderFeed:
    """The orders endpoint of one channel.

    `healing`: the pass of reconciliation that reads, if one does. It stops before what happened a moment ago.
    """

    healing: Pass | None = None

    def __init__(self, pool: Pool, channel: str, marketplace: Marketplace, rng: random.Random) -> None:
        self._pool = pool
        self._channel = channel
        self._marketplace = marketplace
        self._rng = rng

    @asynccontextmanager
    async def claim(self, work_type: WorkType, limit: int) -> AsyncIterator[Claim]:  # noqa: ARG002 - only CHANNEL
        """The page after the cursor. Raises StoreUnavailable.

        What polls a marketplace and what reconciles share its cursor: if the other one has moved it, this reads again.
        """
        source = source_of(self._channel)
        try:
            while True:
                since = await position_of(self._pool, source)
                page = await self._read_due(since or "0", min(limit, limits.FEED_PAGE_MAX))
                async with self._pool.acquire() as connection, connection.transaction():
                    if await is_at(connection, source, since):
                        yield FeedClaim(self._channel, connection, page, self.healing)
                        return
        except STORE_GONE as error:
            raise StoreUnavailable(reason_of(error)) from error

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:  # noqa: ARG002 - a feed announces nothing
        await asyncio.sleep(timeout_s)

    async def _read_due(self, since: str, limit: int) -> FeedPage:
        """The page after the cursor, up to what a pass of reconciliation leaves alone."""
        page = await self._read(since, limit)
        if self.healing is None:
            return page
        due = 0
        while due < len(page.orders) and self.healing.is_due(_occurred_ns(page.orders[due])):
            due += 1
        if due == len(page.orders):
            return page
        return await self._read(since, due) if due else FeedPage([], since)

    async def _read(self, since: str, limit: int) -> FeedPage:
        """The page after the cursor; an empty one of a channel that has no feed. Retries until there is an answer."""
        attempts = 0
        while True:
            try:
                page = await self._marketplace.orders_since(since, limit)
            except MarketplaceCallFailed as failure:
                if failure.missing:  # the channel only notifies
                    return FeedPage([], since)
                attempts += 1
                metrics.FEED_READS.labels(self._channel, "failed").inc()
                log.warning("feed_failed", channel=self._channel, attempt=attempts, reason=str(failure))
                await asyncio.sleep(max(failure.wait_s, backoff_s(attempts, self._rng, limits.CALL_BACKOFF_MAX_S)))
            else:
                metrics.FEED_READS.labels(self._channel, "answered").inc()
                return page


def source_of(channel: str) -> str:
    """The name of the channel's cursor."""
    return f"orders of {channel}"


def entry_of(channel: str, number: int, body: bytes) -> Entry:
    """The entry of a notification; `number` is its index on the page."""
    return Entry(number, number, channel, _head_of(body).topic, None, 0, body)


def _head_of(body: bytes) -> NotificationHead:
    try:
        return msgspec.json.decode(body, type=NotificationHead)
    except UNREADABLE_JSON:
        return NotificationHead()  # the handler reports what is wrong with the body


def _occurred_ns(body: bytes) -> int | None:
    return nanoseconds_or_none(_head_of(body).occurred_at)


def _applied(verdict: Verdict) -> bool:
    return isinstance(verdict, Settled) and verdict.state is State.APPLIED


def _healed(entry: Entry) -> Healed:
    order = decode(entry.body, ChannelNotification).order
    return Healed("notification", entry.source, f"{entry.topic} of {order.order_id}", "not applied", "applied")


def _message(entry: Entry) -> Message:
    name = _head_of(entry.body).id or hashlib.sha256(entry.body).hexdigest()
    return Message(WorkType.CHANNEL, entry.source, f"read:{name}", entry.topic, None, time.time_ns(), entry.body)
