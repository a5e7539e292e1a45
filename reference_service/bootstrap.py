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
import msgspec
import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from stockstorm.reference_service import limits
from stockstorm.reference_service.architectures import architecture_of
from stockstorm.reference_service.architectures.architecture import no_receiver
from stockstorm.reference_service.clients.tokens import AccessTokens
from stockstorm.reference_service.domain.adjustment_batch import Batch
from stockstorm.reference_service.feeds.missed import announce_missed
from stockstorm.reference_service.feeds.unannounced import UnannouncedOrders
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.http_server import Server, allow_open_files, make_server, serve_until, stop_event
from stockstorm.reference_service.ingress.connections import ConnectionLimits
from stockstorm.reference_service.ingress.endpoint import TakesMessages, WebhookEndpoint, senders_of
from stockstorm.reference_service.ingress.patience import PatientInbox
from stockstorm.reference_service.operations import Probe, health_routes, healthz, reconcile_route
from stockstorm.reference_service.seams import SOUND, Seams, handlers_of
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import STORE_GONE, Pool, apply_schema, leadership, open_pool
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_writer import Variables
from stockstorm.reference_service.sync.subscriptions import subscribe_to_channel
from stockstorm.reference_service.wiring import RECEIVER, Inbox, Parts, Wiring
from stockstorm.reference_service.worker import Session, Worker, make_announce

log = structlog.get_logger()
Ready = Callable[[], Awaitable[bool]]


async def run_receiver(settings: Settings) -> None:
    """Serves webhooks until SIGTERM, then finishes what was received. Raises the error that ends the inbox earlier."""
    architecture, seams = architecture_of(settings.architecture), seams_of(settings)
    if RECEIVER not in architecture.processes:
        raise no_receiver(settings)
    stop = stop_event()
    async with _database(settings, stop, size=limits.RECEIVER_CONNECTIONS, timeout_s=limits.STORE_TIMEOUT_S) as pool:
        if pool is None:
            return
        async with architecture.open_receiver(settings, pool, seams) as inbox:
            public = public_server(settings, inbox, pool, seams)

            async def ready() -> bool:
                return public.started and await _is_reachable(pool)

            probe = Probe(pool, ready, lambda: 0)
            operations = operations_server(
                settings, settings.receiver_operations_port, seams.probe_routes(probe), ready
            )
            await announce_missed(pool)  # since the last receiver ended
            log.info("receiver_started", port=settings.listen_port, flaw=settings.flaw)
            await _serve([public, operations], stop, inbox)


async def run_worker(settings: Settings) -> None:
    """Runs the worker and serves its health and probes until SIGTERM. Raises the error that ends the worker earlier."""
    architecture, seams = architecture_of(settings.architecture), seams_of(settings)
    stop = stop_event()
    timeout = aiohttp.ClientTimeout(total=limits.API_TIMEOUT_S)
    size = limits.WORKER_CONNECTIONS + len(settings.channels)
    async with _database(settings, stop, size=size) as pool, aiohttp.ClientSession(timeout=timeout) as http:
        if pool is None:
            return
        async with architecture.open_worker(settings, pool, seams) as wiring:
            tokens = tokens_of(settings, http)
            worker = Worker(lambda: leadership(pool), lambda: make_session(settings, pool, http, wiring, seams, tokens))
            public = [] if wiring.inbox is None else [public_server(settings, wiring.inbox, pool, seams)]

            async def ready() -> bool:
                return worker.ready and all(server.started for server in public)

            probe = Probe(pool, ready, worker.unfinished)
            routes = [*seams.probe_routes(probe), *([reconcile_route(pool)] if architecture.reconciles else [])]
            operations = operations_server(settings, settings.worker_operations_port, routes, ready)
            working = asyncio.create_task(worker.run())
            working.add_done_callback(lambda _: stop.set())
            log.info("worker_started", port=settings.worker_operations_port, flaw=settings.flaw)
            await _serve([*public, operations], stop, wiring.inbox)
            while not working.done():  # a session that is ending at this moment may swallow one cancellation
                working.cancel()
                await asyncio.wait({working}, timeout=limits.CANCEL_AGAIN_S)
            await _raise_unless_cancelled(working)


def tokens_of(settings: Settings, http: aiohttp.ClientSession) -> AccessTokens:
    """The access token of the settings, and what it takes to get another one."""
    secrets = [settings.client_secret, settings.previous_client_secret]
    known = [text for secret in secrets if (text := secret.get_secret_value())]
    first = settings.admin_token.get_secret_value()
    return AccessTokens(http, settings.token_url, settings.client_id, known, first, random.Random())


def seams_of(settings: Settings) -> Seams:
    """The collaborators that the settings select: the service's own, or those with one flaw."""
    seams = _flawed(SOUND, settings.flaw) if settings.flaw else SOUND
    if not settings.probe:
        seams = msgspec.structs.replace(seams, probe_routes=_no_routes)
    if not settings.references:
        seams = msgspec.structs.replace(seams, variables=partial(_without_reference, seams.variables))
    return seams


def _flawed(seams: Seams, flaw: str) -> Seams:
    from stockstorm.reference_service.flaws import FLAWS  # noqa: PLC0415 - a service without a flaw imports none

    return FLAWS[flaw](seams)


def _no_routes(_: Probe) -> Sequence[BaseRoute]:
    return ()


def _without_reference(variables: Callable[[Batch], Variables], batch: Batch) -> Variables:
    """The variables of a write that does not name its orders."""
    found = variables(batch)
    given = msgspec.convert(found["input"], dict[str, object])
    return {**found, "input": {name: value for name, value in given.items() if name != "referenceDocumentUri"}}


def public_server(settings: Settings, inbox: TakesMessages, pool: Pool, seams: Seams) -> Server:
    """The server that faces the internet: webhooks, and whether the process is running."""
    routes = webhook_routes(settings, inbox, partial(announce_missed, pool), seams)
    app = Starlette(routes=[*routes, Route("/healthz", healthz)])
    total = allow_open_files(settings.connections_max)
    allowed = ConnectionLimits(total, min(settings.address_connections_max, total))
    return make_server(app, settings.listen_host, settings.listen_port, allowed)


def operations_server(settings: Settings, port: int, probes: Sequence[BaseRoute], ready: Ready) -> Server:
    """The server for operators: health, metrics and probes, the same in every process of every architecture."""
    app = Starlette(routes=[*health_routes(ready), *probes])
    allowed = ConnectionLimits(limits.OPERATIONS_CONNECTIONS_MAX, limits.OPERATIONS_CONNECTIONS_MAX)
    return make_server(app, settings.operations_host, port, allowed)


def webhook_routes(
    settings: Settings, inbox: TakesMessages, announce: Callable[[], Awaitable[None]], seams: Seams
) -> list[BaseRoute]:
    """The endpoints for the webhooks of Shopify and the marketplaces."""
    secrets = (settings.client_secret.get_secret_value().encode(), settings.channel_secret.get_secret_value().encode())
    previous = settings.previous_client_secret.get_secret_value().encode() or None
    senders = senders_of(settings.shop_domain, settings.channels, *secrets, previous)
    accepts, check = seams.wrap_endpoint(PatientInbox(inbox, announce)), seams.check_signature
    shop = WebhookEndpoint("shopify", {"": senders[""]}, accepts, check)
    channels = WebhookEndpoint("channels", {name: sender for name, sender in senders.items() if name}, accepts, check)
    return [
        Route("/webhooks/shopify", shop, methods=["POST"]),
        Route("/webhooks/channels/{channel}", channels, methods=["POST"]),
    ]


def make_session(
    settings: Settings,
    pool: Pool,
    http: aiohttp.ClientSession,
    wiring: Wiring,
    seams: Seams = SOUND,
    tokens: AccessTokens | None = None,
) -> Session:
    """Everything that one leadership of the worker needs."""
    parts = make_parts(settings, pool, http, wiring, seams, tokens)
    loops: list[WorkLoop] = []
    if (queue := wiring.queue) is not None:
        loops = [
            WorkLoop(work_type, queue, parts.handlers[work_type], parts.announce, parts.rng)
            for work_type in wiring.work_types
        ]

    unannounced = UnannouncedOrders(parts)

    async def subscribe() -> int:
        if wiring.shop_uri is None:
            return 0
        return await seams.subscribe(parts.admin, wiring.shop_uri, seams.topics)

    async def subscribe_channel(channel: str, uri: str) -> None:
        if not await subscribe_to_channel(parts.marketplaces[channel], channel, uri, parts.rng):
            unannounced.add(channel)

    return Session(
        parts=parts,
        queue=queue,
        loops=loops,
        feeds=[*seams.wrap_feeds(parts, wiring.feeds(parts)), unannounced],
        continuous=wiring.continuous,
        subscribe=subscribe,
        subscribe_channels=[
            partial(subscribe_channel, channel, uri)
            for channel in parts.marketplaces
            if (uri := wiring.channel_uri(channel)) and seams.registers(channel)
        ],
        listed_at_start=seams.listed_at_start,
        check_every_s=settings.subscription_check_s,
        missed=partial(announce_missed, pool),
    )


def make_parts(
    settings: Settings,
    pool: Pool,
    http: aiohttp.ClientSession,
    wiring: Wiring,
    seams: Seams = SOUND,
    tokens: AccessTokens | None = None,
) -> Parts:
    """The parts that all architectures share."""
    tokens = tokens or tokens_of(settings, http)
    rng = random.Random()
    signals = Signals()
    admin = seams.make_admin(http, settings.admin_api_url, tokens.current, rng)
    if tokens.renewable:
        admin.renew = partial(tokens.replace, tokens.current)
    token = settings.channel_token.get_secret_value()
    marketplaces = {
        name: seams.make_marketplace(http, settings.channels_url, name, token) for name in settings.channels
    }
    pushers = {
        name: seams.make_pusher(name, marketplace, partial(seams.listable, pool), settings.safety_stock, rng)
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
        handlers=handlers_of(seams),
        writer=seams.make_writer(
            pool, admin, signals, rng, orders_max=wiring.orders_per_write_max, variables=seams.variables
        ),
        reader=seams.make_reader(pool, admin, signals),
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
