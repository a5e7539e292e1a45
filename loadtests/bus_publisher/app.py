"""The HTTP face of a publisher: any POST is a delivery, GET /healthz tells what was sent so far."""

from typing import Final

from aiohttp import web

from stockstorm.loadtests.bus_publisher.base import Bus, Delivery, NotAccepted
from stockstorm.loadtests.bus_publisher.batching import Batcher

BODY_MAX_BYTES: Final = 12_000_000  # over the largest limit of a bus, so that the bus is who refuses
PREFIXES: Final = ("x-shopify-", "x-marketplace-")  # marketplaces' notifications take the same way


def make_app(bus: Bus) -> web.Application:
    """Answers 200 once the bus accepted; 400 no delivery, 502 refused by the bus, 503 too many, 504 no answer."""
    batcher = Batcher(bus)

    async def deliver(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith(PREFIXES)}
        if not any(f"{prefix}topic" in headers for prefix in PREFIXES):
            return web.Response(status=400, text="X-Shopify-Topic is missing\n")
        try:
            await batcher.put(bus.wrap(Delivery(await request.read(), headers)))
        except NotAccepted as refused:
            return web.Response(status=refused.status, text=f"{refused.reason}\n")
        return web.Response()

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "calls": batcher.calls, "entries": batcher.entries})

    async def close(_: web.Application) -> None:
        await batcher.close()

    app = web.Application(client_max_size=BODY_MAX_BYTES)
    app.router.add_get("/healthz", health)
    app.router.add_post("/{path:.*}", deliver)
    app.on_cleanup.append(close)
    return app
