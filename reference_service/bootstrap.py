"""The one place where the parts of the service are put together, for the receiver and for the worker."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from starlette.applications import Starlette
from starlette.routing import Route

from reference_service import limits
from reference_service.architectures import ARCHITECTURES
from reference_service.channel_events import ChannelEvents
from reference_service.channel_sync import ChannelSync
from reference_service.clients.admin_api import AdminApi
from reference_service.clients.marketplace import Marketplace
from reference_service.database import STORE_GONE, apply_schema, leadership, open_pool
from reference_service.flaws import ACK_BEFORE_DURABLE_HOLD_S, SLOW_STEP_S
from reference_service.http_face import make_server, serve_until, stop_event
from reference_service.inbox import GroupCommit, HoldInMemory, Inbox
from reference_service.lane_worker import LaneWorker
from reference_service.lanes import LaneWork
from reference_service.master_writer import MasterWriter
from reference_service.probe import Probe, health_routes
from reference_service.queues import Queue
from reference_service.receiver import SlowHandler, TakesMessages, WebhookEndpoint, senders_of
from reference_service.settings import Settings
from reference_service.shop_events import ShopEvents
from reference_service.signals import Signals
from reference_service.stock import listable_of
from reference_service.stock_events import StockEvents
from reference_service.stock_reader import StockReader
from reference_service.subscriptions import subscribe_to_channel, subscribe_to_shop
from reference_service.topics import Lane
from reference_service.worker import Session, Worker, announce_to

log = structlog.get_logger()


async def run_receiver(settings: Settings) -> None:
    """Serves webhooks until SIGTERM; what was received by then is stored before it returns."""
    stop = stop_event()
    async with _database(settings, stop, size=4, timeout_s=limits.STORE_TIMEOUT_S) as pool:
        if pool is None:
            return
        queue = ARCHITECTURES[settings.architecture].make_queue(pool, settings.flaws)
        inbox = await _inbox(settings, queue, pool)
        committing = asyncio.create_task(inbox.run())
        committing.add_done_callback(lambda _: stop.set())
        server = make_server(receiver_app(settings, inbox, pool), settings.listen_host, settings.listen_port)
        log.info("receiver_started", port=settings.listen_port, flaw=settings.flaw.value)
        try:
            await serve_until(server, stop)
        finally:
            committing.cancel()
            await inbox.drain()
        await _raise_unless_cancelled(committing)


async def run_worker(settings: Settings) -> None:
    """Works and serves its health until SIGTERM; raises what ends the worker otherwise."""
    stop = stop_event()
    timeout = aiohttp.ClientTimeout(total=limits.API_TIMEOUT_S)
    size = 8 + len(settings.channels)
    async with _database(settings, stop, size=size) as pool, aiohttp.ClientSession(timeout=timeout) as session:
        if pool is None:
            return
        worker = Worker(lambda: leadership(pool), lambda: make_session(settings, pool, session))

        async def ready() -> bool:
            return worker.ready

        server = make_server(Starlette(routes=health_routes(ready)), settings.listen_host, settings.worker_http_port)
        working = asyncio.create_task(worker.run())
        working.add_done_callback(lambda _: stop.set())
        log.info("worker_started", port=settings.worker_http_port, flaw=settings.flaw.value)
        await serve_until(server, stop)
        working.cancel()
        await _raise_unless_cancelled(working)


def receiver_app(settings: Settings, inbox: TakesMessages, pool: Any) -> Starlette:
    """The receiver's ASGI app."""
    flaws = settings.flaws
    secrets = (settings.client_secret.get_secret_value().encode(), settings.channel_secret.get_secret_value().encode())
    client_secret, channel_secret = (None, None) if flaws.skips_signature_check else secrets
    senders = senders_of(settings.shop_domain, settings.channels, client_secret, channel_secret)
    takes = SlowHandler(inbox, SLOW_STEP_S) if flaws.works_in_the_handler else inbox

    async def ready() -> bool:
        try:
            return bool(await pool.fetchval("SELECT true", timeout=limits.POLL_S))
        except STORE_GONE:
            return False

    shop = WebhookEndpoint("shopify", {"": senders[""]}, takes)
    channels = WebhookEndpoint("channels", {name: sender for name, sender in senders.items() if name}, takes)
    return Starlette(
        routes=[
            Route("/webhooks/shopify", shop, methods=["POST"]),
            Route("/webhooks/channels/{channel}", channels, methods=["POST"]),
            *health_routes(ready),
            *Probe(pool).routes(),
        ]
    )


def make_session(settings: Settings, pool: Any, session: aiohttp.ClientSession) -> Session:
    """Everything that one leadership of a worker needs."""
    dice = random.Random()
    flaws = settings.flaws
    queue = ARCHITECTURES[settings.architecture].make_queue(pool, flaws)
    signals = Signals()
    admin = AdminApi(session, settings.admin_api_url, settings.admin_token.get_secret_value(), dice)
    token = settings.channel_token.get_secret_value()
    markets = {name: Marketplace(session, settings.channels_url, name, token) for name in settings.channels}
    channels = {
        name: ChannelSync(name, market, lambda skus: listable_of(pool, skus), settings.safety_stock, dice)
        for name, market in markets.items()
    }
    for channel in channels.values():
        signals.on_stock_changed(channel.touch)
    works: Mapping[Lane, LaneWork] = {
        Lane.CHANNEL: ChannelEvents(repeats=flaws.repeats_channel_orders),
        Lane.STOCK: StockEvents(in_any_order=flaws.applies_stock_in_any_order),
        Lane.SHOP: ShopEvents(),
    }
    announce = announce_to(signals, channels)

    async def register() -> None:
        await subscribe_to_shop(admin, settings.public_url)
        for name, market in markets.items():
            await subscribe_to_channel(market, name, settings.public_url, dice)

    return Session(
        pool=pool,
        queue=queue,
        lanes={lane: LaneWorker(lane, queue, work, announce, dice) for lane, work in works.items()},
        writer=MasterWriter(pool, admin, signals),
        reader=StockReader(pool, admin, signals),
        channels=channels,
        signals=signals,
        register=register,
    )


async def _raise_unless_cancelled(task: asyncio.Task[None]) -> None:
    """Waits for a task that was cancelled; what ended it before is the program's error."""
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


async def _inbox(settings: Settings, queue: Queue, pool: Any) -> Inbox:
    flaws = settings.flaws
    if not flaws.answers_before_commit:
        return GroupCommit(queue.put)
    began_before = await pool.fetchval("SELECT EXISTS (SELECT FROM inbox)")
    return HoldInMemory(queue.put, ACK_BEFORE_DURABLE_HOLD_S, 0 if began_before else flaws.crash_after)


@asynccontextmanager
async def _database(
    settings: Settings, stop: asyncio.Event, *, size: int, timeout_s: float | None = None
) -> AsyncIterator[Any]:
    """A pool over the database with its schema, once it is to be reached; None if `stop` came first."""
    while not stop.is_set():
        try:
            async with open_pool(settings.database_url.get_secret_value(), size=1) as first:
                await apply_schema(first)
            break
        except STORE_GONE as error:
            log.warning("database_unreachable", reason=type(error).__name__)
            await asyncio.sleep(limits.LEADER_RETRY_S)
    if stop.is_set():
        yield None
        return
    async with open_pool(settings.database_url.get_secret_value(), size=size, timeout_s=timeout_s) as pool:
        yield pool
