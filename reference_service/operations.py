"""The routes that show the state of a process, on a port of their own that strangers cannot reach.

They are health, readiness, metrics, and for tests the effects, stock and dead letters of the database.
"""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.queues.base import State
from stockstorm.reference_service.storage.database import STORE_GONE, Pool, Row
from stockstorm.reference_service.storage.healed import ask

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
# Webhooks without an outcome, and changes of orders that are not yet in the master.
_PENDING = """
SELECT (SELECT count(*) FROM inbox WHERE state = 0) + (SELECT count(*) FROM effect WHERE batch_id IS NULL
  AND refused IS NULL) + (SELECT count(*) FROM batch WHERE state = 'open')
"""
_DEAD = """
SELECT entry, webhook_id, source, topic, attempts, reason FROM dead_letter WHERE entry > $1 ORDER BY entry LIMIT $2
"""
_HEALED = """
SELECT entry, run, kind, source, name, was, became FROM healed WHERE entry > $1 ORDER BY entry LIMIT $2
"""

CURSOR_MAX = 2**63 - 1
Ready = Callable[[], Awaitable[bool]]


class BadQuery(Exception):
    """An invalid parameter. The message names it and says what it must be."""


async def healthz(_: Request) -> Response:
    """The process is running. Needs no database, so the public port has it too."""
    return Response("ok", media_type="text/plain")


def health_routes(ready: Ready) -> list[Route]:
    """/healthz (the process is running), /readyz (200 or 503) and /metrics."""

    async def readyz(_: Request) -> Response:
        is_ready = await ready()
        return Response("ready" if is_ready else "not ready", status_code=200 if is_ready else 503)

    async def show_metrics(_: Request) -> Response:
        return Response(metrics.exposition(), headers={"content-type": metrics.CONTENT_TYPE})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", show_metrics)]


def reconcile_route(pool: Pool) -> Route:
    """POST /reconcile: asks the worker for a reconciliation, as the command does. 202 with the request's number."""

    async def reconcile(_: Request) -> Response:
        try:
            run = await ask(pool, "http")
        except STORE_GONE:
            return Response("the database cannot be reached", status_code=503)
        return Response(msgspec.json.encode({"run": run}), status_code=202, media_type="application/json")

    return Route("/reconcile", reconcile, methods=["POST"])


class Probe:
    """Pages of the database's contents, and what is unfinished there and in this process.

    Query parameters of pages: `limit`, and `after`, which is `next` of the previous page. `next` is null on the last
    page. `unfinished` counts what this process holds in memory.
    """

    def __init__(self, pool: Pool, ready: Ready, unfinished: Callable[[], int]) -> None:
        self._pool, self._ready, self._unfinished = pool, ready, unfinished

    def routes(self) -> list[Route]:
        return [
            Route("/probe/pending", self.pending),
            Route("/probe/effects", self.effects),
            Route("/probe/stock", self.stock),
            Route("/probe/dead-letters", self.dead_letters),
            Route("/probe/healed", self.healed),
        ]

    async def pending(self, _: Request) -> Response:
        """`{"pending"}`: what was accepted and has not had all of its effects. 503 if this process cannot tell."""
        held = self._unfinished()
        try:
            stored = await self._pool.fetchval(_PENDING) if await self._ready() else None
        except STORE_GONE:
            stored = None
        if stored is None:
            return Response("not ready", status_code=503)
        return Response(msgspec.json.encode({"pending": stored + held}), media_type="application/json")

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

    async def healed(self, request: Request) -> Response:
        """`{"healed":[{"run","kind","source","name","was","became"}],"next"}`, oldest first."""

        def show(row: Row) -> dict[str, object]:
            return {name: value for name, value in row.items() if name != "entry"}

        return await self._page(request, "healed", _HEALED, number_after, "entry", show)

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
