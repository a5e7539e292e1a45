"""The one place where the parts of the service are put together, for the receiver and for the worker."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from stockstorm.reference_service import limits
from stockstorm.reference_service.architectures import architecture_of
from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.marketplace import Marketplace
from stockstorm.reference_service.flaws import SLOW_STEP_S
from stockstorm.reference_service.handlers.registry import handlers_of
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.ingress.endpoint import SlowHandler, TakesMessages, WebhookEndpoint, senders_of
from stockstorm.reference_service.operations.http_server import make_server, serve_until, stop_event
from stockstorm.reference_service.operations.probe import Probe, health_routes
from stockstorm.reference_service.settings import BadSettings, Settings
from stockstorm.reference_service.storage.database import STORE_GONE, apply_schema, leadership, open_pool
from stockstorm.reference_service.storage.stock_table import listable_of
from stockstorm.reference_service.sync.listing_pusher import ChannelSync
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_reader import StockReader
from stockstorm.reference_service.sync.stock_writer import MasterWriter
from stockstorm.reference_service.sync.subscriptions import subscribe_to_channel, subscribe_to_shop
from stockstorm.reference_service.wiring import RECEIVER, Inbox, Parts, Wiring
from stockstorm.reference_service.worker import Session, Worker, announce_to

log = structlog.get_logger()
Ready = Callable[[], Awaitable[bool]]


async def run_receiver(settings: Settings) -> None:
    """Serves webhooks until SIGTERM; what was received by then is finished before it returns."""
    architecture = architecture_of(settings.architecture)
    if RECEIVER not in architecture.processes:
        raise BadSettings(f"REFERENCE_ARCHITECTURE: {architecture.name!r} has no receiver; start the worker alone")
    stop = stop_event()
    async with _database(settings, stop, size=limits.RECEIVER_CONNECTIONS, timeout_s=limits.STORE_TIMEOUT_S) as pool:
        if pool is None:
            return
        async with architecture.open_receiver(settings, pool) as inbox:
            app = Starlette(routes=[*webhook_routes(settings, inbox), *told_routes(pool, lambda: _answers(pool))])
            log.info("receiver_started", port=settings.listen_port, flaw=settings.flaw.value)
            await _serve(app, settings.listen_host, settings.listen_port, stop, inbox)


async def run_worker(settings: Settings) -> None:
    """Works and serves its health and probes until SIGTERM; raises what ends the worker otherwise."""
    architecture = architecture_of(settings.architecture)
    stop = stop_event()
    timeout = aiohttp.ClientTimeout(total=limits.API_TIMEOUT_S)
    size = limits.WORKER_CONNECTIONS + len(settings.channels)
    async with _database(settings, stop, size=size) as pool, aiohttp.ClientSession(timeout=timeout) as session:
        if pool is None:
            return
        async with architecture.open_worker(settings, pool) as wiring:
            worker = Worker(lambda: leadership(pool), lambda: make_session(settings, pool, session, wiring))

            async def ready() -> bool:
                return worker.ready

            routes = told_routes(pool, ready)
            if wiring.inbox is not None:
                routes = [*webhook_routes(settings, wiring.inbox), *routes]
            working = asyncio.create_task(worker.run())
            working.add_done_callback(lambda _: stop.set())
            log.info("worker_started", port=settings.worker_http_port, flaw=settings.flaw.value)
            await _serve(Starlette(routes=routes), settings.listen_host, settings.worker_http_port, stop, wiring.inbox)
            while not working.done():  # a cancellation that meets the end of a session is lost to that session
                working.cancel()
                await asyncio.wait({working}, timeout=limits.CANCEL_AGAIN_S)
            await _raise_unless_cancelled(working)


def webhook_routes(settings: Settings, inbox: TakesMessages) -> list[BaseRoute]:
    """The endpoints that Shopify and the marketplaces send to."""
    flaws = settings.flaws
    secrets = (settings.client_secret.get_secret_value().encode(), settings.channel_secret.get_secret_value().encode())
    client_secret, channel_secret = (None, None) if flaws.skips_signature_check else secrets
    senders = senders_of(settings.shop_domain, settings.channels, client_secret, channel_secret)
    takes = SlowHandler(inbox, SLOW_STEP_S) if flaws.works_in_the_handler else inbox
    shop = WebhookEndpoint("shopify", {"": senders[""]}, takes)
    channels = WebhookEndpoint("channels", {name: sender for name, sender in senders.items() if name}, takes)
    return [
        Route("/webhooks/shopify", shop, methods=["POST"]),
        Route("/webhooks/channels/{channel}", channels, methods=["POST"]),
    ]


def told_routes(pool: Any, ready: Ready) -> list[BaseRoute]:
    """Health, metrics and probes: the same in every process of every architecture."""
    return [*health_routes(ready), *Probe(pool).routes()]


def make_session(settings: Settings, pool: Any, session: aiohttp.ClientSession, wiring: Wiring) -> Session:
    """Everything that one leadership of a worker needs."""
    parts = make_parts(settings, pool, session, wiring)
    queue, work_types = wiring.queue, wiring.work_types

    async def register() -> None:
        if wiring.shop_uri is not None:
            await subscribe_to_shop(parts.admin, wiring.shop_uri)

    addressed = [(name, market, wiring.channel_uri(name)) for name, market in parts.markets.items()]
    return Session(
        parts=parts,
        queue=queue,
        work_types=[
            WorkLoop(work_type, queue, parts.works[work_type], parts.announce, parts.dice) for work_type in work_types
        ]
        if queue is not None
        else [],
        feeds=wiring.feeds(parts),
        continuous=wiring.continuous,
        register=register,
        register_channels=[
            partial(subscribe_to_channel, market, name, uri, parts.dice) for name, market, uri in addressed if uri
        ],
    )


def make_parts(settings: Settings, pool: Any, session: aiohttp.ClientSession, wiring: Wiring) -> Parts:
    """The parts that all architectures share."""
    dice = random.Random()
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
    return Parts(
        settings=settings,
        pool=pool,
        dice=dice,
        signals=signals,
        admin=admin,
        markets=markets,
        channels=channels,
        works=handlers_of(settings.flaws),
        writer=MasterWriter(pool, admin, signals, dice, orders_max=wiring.orders_per_write_max),
        reader=StockReader(pool, admin, signals),
        announce=announce_to(signals, channels),
        turn=asyncio.Lock(),
    )


async def _serve(app: Starlette, host: str, port: int, stop: asyncio.Event, inbox: Inbox | None) -> None:
    """Serves until `stop`; what the inbox has taken by then is finished. Raises what ends the inbox otherwise."""
    server = make_server(app, host, port)
    if inbox is None:
        await serve_until(server, stop)
        return
    taking = asyncio.create_task(inbox.run())
    taking.add_done_callback(lambda _: stop.set())
    try:
        await serve_until(server, stop)
    finally:
        taking.cancel()
        await inbox.drain()
    await _raise_unless_cancelled(taking)


async def _answers(pool: Any) -> bool:
    try:
        return bool(await pool.fetchval("SELECT true", timeout=limits.POLL_S))
    except STORE_GONE:
        return False


async def _raise_unless_cancelled(task: asyncio.Task[None]) -> None:
    """Waits for a task that was cancelled; what ended it before is the program's error."""
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


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
