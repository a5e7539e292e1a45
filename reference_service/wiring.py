"""The seam between the architectures and the parts that they share.

An architecture says which processes it has and how events reach them. Everything else (one authoritative writer, the
pushes to the channels, the probes) is the same in all of them. Settings of its own an architecture reads from the
environment when it is opened, and raises BadSettings for what is wrong with them.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.marketplace import Marketplace
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Message, Queue
from stockstorm.reference_service.settings import BadSettings, Settings
from stockstorm.reference_service.sync.listing_pusher import ChannelSync
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_reader import StockReader
from stockstorm.reference_service.sync.stock_writer import MasterWriter

RECEIVER, WORKER = "receiver", "worker"
BY_WEBHOOK = (WorkType.STOCK, WorkType.CHANNEL, WorkType.SHOP)


class Inbox(Protocol):
    """Where webhooks that came over HTTP go."""

    async def put(self, message: Message) -> None:
        """Returns once the sender may be answered; InboxFull or StoreUnavailable when it must not be."""
        ...

    async def run(self) -> None:
        """Runs as long as the process takes webhooks."""
        ...

    async def drain(self) -> None:
        """Finishes what `put` has taken, for a clean shutdown."""
        ...


class Feed(Protocol):
    """A source of changes that the worker asks by itself, beside the work_types or instead of them."""

    async def catch_up(self) -> None:
        """Reads what happened while nobody asked. Runs before the worker is ready, after the stock was read."""
        ...

    async def run(self) -> None:
        """Reads on until cancelled."""
        ...


class Parts(msgspec.Struct, frozen=True):
    """What one leadership of a worker is made of, whatever the architecture.

    `turn` is held while the master is written or its stock is read, so that no read overlaps a write.
    """

    settings: Settings
    pool: Any
    dice: random.Random
    signals: Signals
    admin: AdminApi
    markets: Mapping[str, Marketplace]
    channels: Mapping[str, ChannelSync]
    works: Mapping[WorkType, Handler]
    writer: MasterWriter
    reader: StockReader
    announce: Callable[[WorkResult], None]
    turn: asyncio.Lock


def no_feeds(_: Parts) -> Sequence[Feed]:
    """For architectures that are told of everything."""
    return ()


class Wiring(msgspec.Struct, frozen=True):
    """How events reach the worker.

    `queue`: what `work_types` are worked from. `shop_uri`: where Shopify is to deliver (an HTTP URL, the ARN of an event
    bus, or pubsub://project:topic); None: no subscription. `channels_url`: the base below which the marketplaces'
    notifications are sent to, by channel; `channels_bus`: the bus that all of them go to instead; both None: not
    registered. `inbox`: takes webhooks on the worker's own port. `feeds` makes the readers of one leadership. Not
    `continuous`: masters are written and channels pushed by the feeds alone, after a first bulk.
    """

    queue: Queue | None = None
    work_types: Sequence[WorkType] = BY_WEBHOOK
    shop_uri: str | None = None
    channels_url: str | None = None
    channels_bus: str | None = None
    inbox: Inbox | None = None
    feeds: Callable[[Parts], Sequence[Feed]] = no_feeds
    continuous: bool = True
    orders_per_write_max: int = limits.ADJUST_ORDERS_MAX

    def channel_uri(self, channel: str) -> str | None:
        """Where the channel's notifications are to go."""
        return self.channels_bus or (self.channels_url and f"{self.channels_url}/{channel}")


class Architecture(Protocol):
    """A way for events to travel. Both contexts are open for as long as the process is; `pool` is a pool of asyncpg."""

    @property
    def name(self) -> str: ...

    @property
    def processes(self) -> Sequence[str]:
        """RECEIVER and WORKER, or WORKER alone."""
        ...

    def open_receiver(self, settings: Settings, pool: Any) -> AbstractAsyncContextManager[Inbox]:
        """What the receiver's webhooks go into. Never called where there is no receiver."""
        ...

    def open_worker(self, settings: Settings, pool: Any) -> AbstractAsyncContextManager[Wiring]:
        """How events reach the worker."""
        ...


class WorkerAlone:
    """The part of an architecture without a receiver."""

    processes = (WORKER,)

    def open_receiver(self, settings: Settings, pool: Any) -> AbstractAsyncContextManager[Inbox]:
        raise BadSettings(f"REFERENCE_ARCHITECTURE: {settings.architecture!r} has no receiver to open over {pool}")


def shop_url(settings: Settings) -> str:
    """Where our receiver takes Shopify's webhooks."""
    return f"{settings.public_url}/webhooks/shopify"


def channels_url(settings: Settings) -> str:
    """The base below which our receiver takes the notifications of each channel."""
    return f"{settings.public_url}/webhooks/channels"
