"""The uvicorn configuration of this service: uvloop and httptools, no access log, no signal handlers."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from stockstorm.reference_service import limits


class Server(uvicorn.Server):
    """A uvicorn server without signal handlers. Its caller sets `should_exit`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(app: ASGIApp, host: str, port: int) -> Server:
    """A server for an ASGI app. Idle connections are closed after uvicorn's default of 5 s."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            backlog=4096,
            timeout_graceful_shutdown=max(1, round(limits.SHUTDOWN_S)),
        )
    )


def stop_event() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def serve_until(server: Server, stop: asyncio.Event) -> None:
    """Serves until `stop` is set and then finishes requests in progress. Returns early if the server ends by itself."""
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()
