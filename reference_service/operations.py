"""The HTTP server of a process, and the routes that show its state.

The server is uvicorn with uvloop and httptools, without access log and signal handlers. The routes are health,
readiness, metrics, and for tests the effects, stock and dead letters of the database.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator

import msgspec
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.queues.base import State
from stockstorm.reference_service.storage.database import STORE_GONE, Pool, Row

# A webhook with an ignored topic has no effect, so it is shown as superseded.
STATE_NAMES = {
    State.PENDING: "pending",
    State.APPLIED: "applied",
    State.SUPERSEDED: "superseded",
    State.DEAD_LETTERED: "dead_lettered",
    State.IGNORED: "superseded",
}
_EFFECTS = "SELECT seq, webhook_id, state, times FROM inbox WHERE seq > $1 ORDER BY seq LIMIT $2"
_STOCK = """
SELECT sku, sum(available)::bigint AS available FROM stock WHERE sku > $1 GROUP BY sku ORDER BY sku LIMIT $2
"""
_DEAD = """
SELECT entry, webhook_id, source, topic, attempts, reason FROM dead_letter WHERE entry > $1 ORDER BY entry LIMIT $2
"""

CURSOR_MAX = 2**63 - 1
Ready = Callable[[], Awaitable[bool]]


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


class BadQuery(Exception):
    """An invalid parameter. The message names it and says what it must be."""


def health_routes(ready: Ready) -> list[Route]:
    """/healthz (the process is running), /readyz (200 or 503) and /metrics."""

    async def healthz(_: Request) -> Response:
        return Response("ok", media_type="text/plain")

    async def readyz(_: Request) -> Response:
        is_ready = await ready()
        return Response("ready" if is_ready else "not ready", status_code=200 if is_ready else 503)

    async def show_metrics(_: Request) -> Response:
        return Response(metrics.exposition(), headers={"content-type": metrics.CONTENT_TYPE})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", show_metrics)]


class Probe:
    """Pages of the database's contents.

    Query parameters: `limit`, and `after`, which is `next` of the previous page. `next` is null on the last page.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def routes(self) -> list[Route]:
        return [
            Route("/probe/effects", self.effects),
            Route("/probe/stock", self.stock),
            Route("/probe/dead-letters", self.dead_letters),
        ]

    async def effects(self, request: Request) -> Response:
        """`{"effects":[{"webhook_id","state","times"}],"next"}` in order of arrival."""

        def show(row: Row) -> dict[str, object]:
            return {"webhook_id": row["webhook_id"], "state": STATE_NAMES[State(row["state"])], "times": row["times"]}

        return await self._page(request, "effects", _EFFECTS, number_after, "seq", show)

    async def stock(self, request: Request) -> Response:
        """`{"stock":[{"sku","available"}],"next"}` by SKU, summed over locations."""
        return await self._page(request, "stock", _STOCK, text_after, "sku", lambda row: dict(row.items()))

    async def dead_letters(self, request: Request) -> Response:
        """`{"dead_letters":[{"webhook_id","source","topic","attempts","reason"}],"next"}`, oldest first."""

        def show(row: Row) -> dict[str, object]:
            return {name: value for name, value in row.items() if name != "entry"}

        return await self._page(request, "dead_letters", _DEAD, number_after, "entry", show)

    async def _page(
        self,
        request: Request,
        name: str,
        query: str,
        read_after: Callable[[Request], int | str],
        cursor: str,
        show: Callable[[Row], dict[str, object]],
    ) -> Response:
        try:
            after, limit = read_after(request), limit_of(request)
        except BadQuery as error:
            return Response(msgspec.json.encode({"error": str(error)}), 400, media_type="application/json")
        try:
            rows = await self._pool.fetch(query, after, limit)
        except STORE_GONE:
            return Response("the database cannot be reached", status_code=503)
        next_after = str(rows[-1][cursor]) if len(rows) == limit else None
        page = {name: [show(row) for row in rows], "next": next_after}
        return Response(msgspec.json.encode(page), media_type="application/json")


def number_after(request: Request) -> int:
    """The cursor of a page by number, 0 for the first page. Raises BadQuery."""
    return _whole_number(request, "after", 0, least=0)


def text_after(request: Request) -> str:
    """The cursor of a page by SKU, "" for the first page. Raises BadQuery."""
    after = request.query_params.get("after", "")
    if "\x00" in after:  # not possible in PostgreSQL's text
        raise BadQuery("after: must be `next` of the previous page, or left out")
    return after


def limit_of(request: Request) -> int:
    """Rows of the page, at most PROBE_ROWS_MAX. Raises BadQuery."""
    return min(_whole_number(request, "limit", limits.PROBE_ROWS_DEFAULT, least=1), limits.PROBE_ROWS_MAX)


def _whole_number(request: Request, name: str, default: int, *, least: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(CURSOR_MAX))):
        raise BadQuery(f"{name}: must be a whole number of {least} or more, in digits")
    if not least <= (number := int(text)) <= CURSOR_MAX:
        raise BadQuery(f"{name}: must be from {least} to {CURSOR_MAX}")
    return number
