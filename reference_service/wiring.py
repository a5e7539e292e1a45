"""The interfaces between the architectures and the parts that they share.

An architecture defines which processes it has and how events reach the worker. Everything else is the same in all of
them: one writer of Shopify's stock, one listing pusher per marketplace, the probes. An architecture reads its own
settings from the environment when it is opened, and raises BadSettings if they are wrong.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.marketplace import Marketplace
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Message, Queue
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.sync.listing_pusher import ListingPusher
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_reader import StockReader
from stockstorm.reference_service.sync.stock_writer import StockWriter


class Process(StrEnum):
    """The processes that an architecture may have."""

    RECEIVER = "receiver"
    WORKER = "worker"


RECEIVER, WORKER = Process.RECEIVER, Process.WORKER
QUEUED_WORK_TYPES = (WorkType.STOCK, WorkType.CHANNEL, WorkType.SHOP)


class Inbox(Protocol):
    """Where webhooks go that arrive over HTTP."""

    async def put(self, message: Message) -> None:
        """Returns once the webhook may be acknowledged. Raises InboxFull or StoreUnavailable if it must not be."""
        ...

    async def run(self) -> None:
        """Runs as long as the process accepts webhooks."""
        ...

    async def drain(self) -> None:
        """Finishes everything that `put` accepted, for a clean shutdown."""
        ...


class Feed(Protocol):
    """A source of changes that the worker reads by itself, next to its queue or instead of one."""

    async def catch_up(self) -> None:
        """Reads what happened while no worker ran. Called after the stock was read, before the worker is ready."""
        ...

    async def run(self) -> None:
        """Reads until cancelled."""
        ...


class Parts(msgspec.Struct, frozen=True):
    """The parts of a worker session that are the same in every architecture. `bootstrap.make_parts` builds them.

    `admin_lock` is held during a write to Shopify or a read of its stock, so that no read overlaps a write.
    `marketplaces` and `pushers` are keyed by channel.
    """

    settings: Settings
    pool: Pool
    rng: random.Random
    signals: Signals
    admin: AdminApi
    marketplaces: Mapping[str, Marketplace]
    pushers: Mapping[str, ListingPusher]
    handlers: Mapping[WorkType, Handler]
    writer: StockWriter
    reader: StockReader
    announce: Callable[[WorkResult], None]
    admin_lock: asyncio.Lock


def no_feeds(_: Parts) -> Sequence[Feed]:
    """For architectures to which every change is delivered."""
    return ()


class Wiring(msgspec.Struct, frozen=True):
    """How events reach the worker.

    `queue`: the source of `work_types`. `shop_uri`: where Shopify delivers (an HTTP URL, the ARN of an event bus, or
    pubsub://project:topic); None: no subscription. `channels_url`: the base URL for the marketplaces' notifications,
    followed by the channel; `channels_bus`: one bus for all of them instead; both None: no registration. `inbox`:
    accepts webhooks on the worker's own port. `feeds` makes the feeds of one session. `continuous` false: after the
    start, no loop writes to Shopify or pushes listings; the feeds do it. `orders_per_write_max`: the most orders in one
    call to Shopify.
    """

    queue: Queue | None = None
    work_types: Sequence[WorkType] = QUEUED_WORK_TYPES
    shop_uri: str | None = None
    channels_url: str | None = None
    channels_bus: str | None = None
    inbox: Inbox | None = None
    feeds: Callable[[Parts], Sequence[Feed]] = no_feeds
    continuous: bool = True
    orders_per_write_max: int = limits.ADJUST_ORDERS_MAX

    def channel_uri(self, channel: str) -> str | None:
        """Where the channel sends its notifications; None for no registration."""
        return self.channels_bus or (self.channels_url and f"{self.channels_url}/{channel}")


def shop_url(settings: Settings) -> str:
    """The URL at which this service receives Shopify's webhooks."""
    return f"{settings.public_url}/webhooks/shopify"


def channels_url(settings: Settings) -> str:
    """The base URL at which this service receives the channels' notifications."""
    return f"{settings.public_url}/webhooks/channels"
