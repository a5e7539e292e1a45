"""The HTTP servers of a process: uvicorn with uvloop and httptools, without access log and signal handlers.

A server bounds its connections (`ingress.connections`) and tells at intervals how many log lines were left out.
"""

import asyncio
import contextlib
import resource
import signal
from collections.abc import Iterator, Sequence

import structlog
import uvicorn
from starlette.types import ASGIApp

from stockstorm.reference_service import limits
from stockstorm.reference_service.ingress.connections import ConnectionLimits, Connections, bounded_by
from stockstorm.reference_service.logs import SAMPLER

log = structlog.get_logger()


class Server(uvicorn.Server):
    """A uvicorn server without signal handlers. Its caller sets `should_exit`."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second."""
        if counter % limits.DEADLINES_TICKS == 0:
            self._connections.close_overdue(asyncio.get_running_loop().time())
            SAMPLER.tell_what_was_left_out()
        return await super().on_tick(counter)


def make_server(app: ASGIApp, host: str, port: int, allowed: ConnectionLimits) -> Server:
    """A server for an ASGI app, with at most `allowed` connections."""
    connections = Connections(allowed)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=bounded_by(connections),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=4096,
        timeout_keep_alive=round(limits.PAUSE_TIMEOUT_S),
        timeout_graceful_shutdown=max(1, round(limits.SHUTDOWN_S)),
    )
    return Server(config, connections)


def allow_open_files(connections: int) -> int:
    """How many of `connections` the process may open. Raises its own limit of open files as far as it is allowed to.

    FILES_RESERVED files are left for everything else, such as the database.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + limits.FILES_RESERVED
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # a system can have a lower limit than `hard` says
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        soft = raised
    allowed = min(connections, max(1, soft - limits.FILES_RESERVED))
    if allowed < connections:
        log.warning("fewer_connections", wanted=connections, allowed=allowed, open_files=soft)
    return allowed


def stop_event() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def serve_until(servers: Sequence[Server], stop: asyncio.Event) -> None:
    """Serves until `stop` is set and then finishes requests in progress. Returns early if a server ends by itself."""
    serving = [asyncio.create_task(server.serve()) for server in servers]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({*serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*serving)
    finally:
        stopping.cancel()
        SAMPLER.tell_what_was_left_out(at_once=True)
