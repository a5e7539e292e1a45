"""The collaborators of the service that can be replaced or wrapped: where a flaw, or a switch, changes the service.

The correct code knows of no flaw. It takes its collaborators from here.
"""

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import aiohttp
import msgspec
from starlette.routing import BaseRoute

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.marketplace import Marketplace
from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.domain.order import outcome_of
from stockstorm.reference_service.domain.stock_level import apply_webhook
from stockstorm.reference_service.domain.topics import SHOPIFY_TOPICS, WorkType
from stockstorm.reference_service.handlers import Handler
from stockstorm.reference_service.handlers.marketplace_orders import Decide, MarketplaceOrdersHandler
from stockstorm.reference_service.handlers.shop import ShopHandler
from stockstorm.reference_service.handlers.stock import ApplyReading, StockHandler
from stockstorm.reference_service.ingress.endpoint import SignatureCheck, TakesMessages, check_signature
from stockstorm.reference_service.operations import Probe
from stockstorm.reference_service.queues.base import Queue
from stockstorm.reference_service.queues.group_commit import GroupCommit, Store
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.storage.tables import known_skus, listable_of
from stockstorm.reference_service.sync.listing_pusher import AcceptsListings, ListingPusher, ReadListable
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_reader import StockReader
from stockstorm.reference_service.sync.stock_writer import StockWriter, Variables, variables_of
from stockstorm.reference_service.sync.subscriptions import subscribe_to_shop
from stockstorm.reference_service.wiring import Feed, Inbox, Parts


def same_feeds(_: Parts, feeds: Sequence[Feed]) -> Sequence[Feed]:
    """No feed is wrapped."""
    return feeds


def same_handler(_: WorkType, handler: Handler) -> Handler:
    """No handler is wrapped."""
    return handler


def itself(inbox: TakesMessages) -> TakesMessages:
    """The inbox is not wrapped."""
    return inbox


def always(_: str) -> bool:
    """For every channel."""
    return True


class Seams(msgspec.Struct, frozen=True):
    """The collaborators that can be replaced or wrapped, each by its own field. The defaults are the service.

    Receiving: `check_signature`; `wrap_endpoint`: what the endpoint puts webhooks into; `make_inbox`, over the store of
    `make_queue`. Working: `decide` on a marketplace's notification, `apply_reading` of stock, `wrap_handler`,
    `wrap_feeds`. Calling: `topics`, `subscribe` and `registers` (a channel) for notifications; clients, reader, writer
    and pushers by their factories; `variables` of a write; `listable`: units by SKU; `listed_at_start`: the SKUs that a
    start pushes. `probe_routes` are shown to operators.
    """

    check_signature: SignatureCheck = check_signature
    wrap_endpoint: Callable[[TakesMessages], TakesMessages] = itself
    make_inbox: Callable[[Store], Inbox] = GroupCommit
    make_queue: Callable[[Pool], Queue] = PostgresQueue
    decide: Decide = outcome_of
    apply_reading: ApplyReading = apply_webhook
    wrap_handler: Callable[[WorkType, Handler], Handler] = same_handler
    wrap_feeds: Callable[[Parts, Sequence[Feed]], Sequence[Feed]] = same_feeds
    topics: Sequence[str] = tuple(SHOPIFY_TOPICS)
    subscribe: Callable[[AdminApi, str, Iterable[str]], Awaitable[int]] = subscribe_to_shop
    registers: Callable[[str], bool] = always
    make_admin: Callable[[aiohttp.ClientSession, str, str, random.Random], AdminApi] = AdminApi
    make_marketplace: Callable[[aiohttp.ClientSession, str, str, str], Marketplace] = Marketplace
    make_reader: Callable[[Pool, AdminApi, Signals], StockReader] = StockReader
    make_writer: type[StockWriter] = StockWriter
    variables: Callable[[Batch], Variables] = variables_of
    make_pusher: Callable[[str, AcceptsListings, ReadListable, int, random.Random], ListingPusher] = ListingPusher
    listable: Callable[[Pool, Sequence[str]], Awaitable[Mapping[str, int]]] = listable_of
    listed_at_start: Callable[[Pool], Awaitable[list[str]]] = known_skus
    probe_routes: Callable[[Probe], Sequence[BaseRoute]] = Probe.routes


SOUND = Seams()
Compose = Callable[[Seams], Seams]  # makes other collaborators of the given ones


def handlers_of(seams: Seams) -> Mapping[WorkType, Handler]:
    """One handler per work type. WorkType.IGNORED has none."""
    handlers: dict[WorkType, Handler] = {
        WorkType.CHANNEL: MarketplaceOrdersHandler(seams.decide),
        WorkType.STOCK: StockHandler(seams.apply_reading),
        WorkType.SHOP: ShopHandler(),
    }
    return {work_type: seams.wrap_handler(work_type, handler) for work_type, handler in handlers.items()}
