"""The only place where the parts of the service are put together.

`run_receiver` opens the database and the architecture's inbox and serves webhooks. `run_worker` opens the database and
the architecture's wiring and runs a `Worker`, which calls `make_session` for each leadership. `make_parts` builds what
all architectures share.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from stockstorm.reference_service import limits
from stockstorm.reference_service.architectures import architecture_of
from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.marketplace import Marketplace
from stockstorm.reference_service.feeds.missed import announce_missed
from stockstorm.reference_service.flaws import SLOW_STEP_S
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.http_server import Server, allow_open_files, make_server, serve_until, stop_event
from stockstorm.reference_service.ingress.connections import ConnectionLimits
from stockstorm.reference_service.ingress.endpoint import SlowHandler, TakesMessages, WebhookEndpoint, senders_of
from stockstorm.reference_service.ingress.patience import PatientInbox
from stockstorm.reference_service.operations import Probe, health_routes, healthz
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import STORE_GONE, Pool, apply_schema, leadership, open_pool
from stockstorm.reference_service.storage.tables import listable_of
from stockstorm.reference_service.sync.listing_pusher import ListingPusher
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_reader import StockReader
from stockstorm.reference_service.sync.stock_writer import StockWriter
from stockstorm.reference_service.sync.subscriptions import subscribe_to_channel, subscribe_to_shop
from stockstorm.reference_service.wiring import RECEIVER, Inbox, Parts, Wiring, handlers_of, no_receiver
from stockstorm.reference_service.worker import Session, Worker, make_announce

log = structlog.get_logger()
Ready = Callable[[], Awaitable[bool]]


async def run_receiver(settings: Settings) -> None:
    """Serves webhooks until SIGTERM, then finishes what was received. Raises the error that ends the inbox earlier."""
    architecture = architecture_of(settings.architecture)
    if RECEIVER not in architecture.processes:
        raise no_receiver(settings)
    stop = stop_event()
    async with _database(settings, stop, size=limits.RECEIVER_CONNECTIONS, timeout_s=limits.STORE_TIMEOUT_S) as pool:
        if pool is None:
            return
        async with architecture.open_receiver(settings, pool) as inbox:
            public = public_server(settings, inbox, pool)

            async def ready() -> bool:
                return public.started and await _is_reachable(pool)

            probe = Probe(pool, ready, lambda: 0)
            operations = operations_server(settings, settings.receiver_operations_port, probe, ready)
            await announce_missed(pool)  # since the last receiver ended
            log.info("receiver_started", port=settings.listen_port, flaw=settings.flaw.value)
            await _serve([public, operations], stop, inbox)


async def run_worker(settings: Settings) -> None:
    """Runs the worker and serves its health and probes until SIGTERM. Raises the error that ends the worker earlier."""
    architecture = architecture_of(settings.architecture)
    stop = stop_event()
    timeout = aiohttp.ClientTimeout(total=limits.API_TIMEOUT_S)
    size = limits.WORKER_CONNECTIONS + len(settings.channels)
    async with _database(settings, stop, size=size) as pool, aiohttp.ClientSession(timeout=timeout) as http:
        if pool is None:
            return
        async with architecture.open_worker(settings, pool) as wiring:
            worker = Worker(lambda: leadership(pool), lambda: make_session(settings, pool, http, wiring))
            public = [] if wiring.inbox is None else [public_server(settings, wiring.inbox, pool)]

            async def ready() -> bool:
                return worker.ready and all(server.started for server in public)

            probe = Probe(pool, ready, worker.unfinished)
            operations = operations_server(settings, settings.worker_operations_port, probe, ready)
            working = asyncio.create_task(worker.run())
            working.add_done_callback(lambda _: stop.set())
            log.info("worker_started", port=settings.worker_operations_port, flaw=settings.flaw.value)
            await _serve([*public, operations], stop, wiring.inbox)
            while not working.done():  # a session that is ending at this moment may swallow one cancellation
                working.cancel()
                await asyncio.wait({working}, timeout=limits.CANCEL_AGAIN_S)
            await _raise_unless_cancelled(working)


def public_server(settings: Settings, inbox: TakesMessages, pool: Pool) -> Server:
    """The server that faces the internet: webhooks, and whether the process is running."""
    app = Starlette(
        routes=[*webhook_routes(settings, inbox, partial(announce_missed, pool)), Route("/healthz", healthz)]
    )
    total = allow_open_files(settings.connections_max)
    allowed = ConnectionLimits(total, min(settings.address_connections_max, total))
    return make_server(app, settings.listen_host, settings.listen_port, allowed)


def operations_server(settings: Settings, port: int, probe: Probe, ready: Ready) -> Server:
    """The server for operators: health, metrics and probes, the same in every process of every architecture."""
    app = Starlette(routes=[*health_routes(ready), *probe.routes()])
    allowed = ConnectionLimits(limits.OPERATIONS_CONNECTIONS_MAX, limits.OPERATIONS_CONNECTIONS_MAX)
    return make_server(app, settings.operations_host, port, allowed)


def webhook_routes(
    settings: Settings, inbox: TakesMessages, announce: Callable[[], Awaitable[None]]
) -> list[BaseRoute]:
    """The endpoints for the webhooks of Shopify and the marketplaces."""
    flaws = settings.flaws
    secrets = (settings.client_secret.get_secret_value().encode(), settings.channel_secret.get_secret_value().encode())
    client_secret, channel_secret = (None, None) if flaws.skips_signature_check else secrets
    senders = senders_of(settings.shop_domain, settings.channels, client_secret, channel_secret)
    patient = PatientInbox(inbox, announce)
    accepts = SlowHandler(patient, SLOW_STEP_S) if flaws.works_in_the_handler else patient
    shop = WebhookEndpoint("shopify", {"": senders[""]}, accepts)
    channels = WebhookEndpoint("channels", {name: sender for name, sender in senders.items() if name}, accepts)
    return [
        Route("/webhooks/shopify", shop, methods=["POST"]),
        Route("/webhooks/channels/{channel}", channels, methods=["POST"]),
    ]


def make_session(settings: Settings, pool: Pool, http: aiohttp.ClientSession, wiring: Wiring) -> Session:
    """Everything that one leadership of the worker needs."""
    parts = make_parts(settings, pool, http, wiring)
    loops: list[WorkLoop] = []
    if (queue := wiring.queue) is not None:
        loops = [
            WorkLoop(work_type, queue, parts.handlers[work_type], parts.announce, parts.rng)
            for work_type in wiring.work_types
        ]

    async def subscribe() -> None:
        if wiring.shop_uri is not None:
            await subscribe_to_shop(parts.admin, wiring.shop_uri)

    return Session(
        parts=parts,
        queue=queue,
        loops=loops,
        feeds=wiring.feeds(parts),
        continuous=wiring.continuous,
        subscribe=subscribe,
        subscribe_channels=[
            partial(subscribe_to_channel, marketplace, channel, uri, parts.rng)
            for channel, marketplace in parts.marketplaces.items()
            if (uri := wiring.channel_uri(channel))
        ],
    )


def make_parts(settings: Settings, pool: Pool, http: aiohttp.ClientSession, wiring: Wiring) -> Parts:
    """The parts that all architectures share."""
    rng = random.Random()
    signals = Signals()
    admin = AdminApi(http, settings.admin_api_url, settings.admin_token.get_secret_value(), rng)
    token = settings.channel_token.get_secret_value()
    marketplaces = {name: Marketplace(http, settings.channels_url, name, token) for name in settings.channels}
    pushers = {
        name: ListingPusher(name, marketplace, lambda skus: listable_of(pool, skus), settings.safety_stock, rng)
        for name, marketplace in marketplaces.items()
    }
    for pusher in pushers.values():
        signals.on_stock_changed(pusher.touch)
    return Parts(
        settings=settings,
        pool=pool,
        rng=rng,
        signals=signals,
        admin=admin,
        marketplaces=marketplaces,
        pushers=pushers,
        handlers=handlers_of(settings.flaws),
        writer=StockWriter(pool, admin, signals, rng, orders_max=wiring.orders_per_write_max),
        reader=StockReader(pool, admin, signals),
        announce=make_announce(signals, pushers),
        admin_lock=asyncio.Lock(),
    )


async def _serve(servers: Sequence[Server], stop: asyncio.Event, inbox: Inbox | None) -> None:
    """Serves until `stop` is set, then drains the inbox. Raises the error that ends the inbox earlier."""
    if inbox is None:
        await serve_until(servers, stop)
        return
    running = asyncio.create_task(inbox.run())
    running.add_done_callback(lambda _: stop.set())
    try:
        await serve_until(servers, stop)
    finally:
        running.cancel()
        await inbox.drain()
    await _raise_unless_cancelled(running)


async def _is_reachable(pool: Pool) -> bool:
    try:
        return bool(await pool.fetchval("SELECT true", timeout=limits.POLL_S))
    except STORE_GONE:
        return False


async def _raise_unless_cancelled(task: asyncio.Task[None]) -> None:
    """Waits for a task that was cancelled. Raises the task's own error if it ended by one."""
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


@asynccontextmanager
async def _database(
    settings: Settings, stop: asyncio.Event, *, size: int, timeout_s: float | None = None
) -> AsyncIterator["Pool | None"]:
    """A pool over the database, once it is reachable and has its schema; None if `stop` was set before that."""
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
