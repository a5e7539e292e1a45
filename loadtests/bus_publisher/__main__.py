"""The publisher: `python -m stockstorm.loadtests.bus_publisher eventbridge --bus B --source S --port P`.

For Pub/Sub: `pubsub --topic T --port P`. The generator posts a delivery as it would to any webhook receiver. The
publisher wraps it as Shopify does, and answers 200 once the bus has accepted it. It is a separate process because
neither boto3 nor gRPC may run in the generator's gevent process. The SDKs find the cloud by their own environment
variables. It runs until SIGTERM or SIGINT.
"""

import argparse
from typing import Final

from aiohttp import web

from stockstorm.loadtests.bus_publisher.bus import Batcher, Bus, Delivery, NotAccepted

STOP_WITHIN_S: Final = 2.0
BODY_MAX_BYTES: Final = 12_000_000  # above the largest limit of a bus, so that the bus refuses larger ones
PREFIXES: Final = ("x-shopify-", "x-marketplace-")  # marketplace notifications are posted here too


def make_app(bus: Bus) -> web.Application:
    """Any POST is a delivery; GET /healthz counts what was sent.

    Answers 200 once the bus accepted, 400 without a topic, 502 refused by the bus, 503 too many wait, 504 no answer.
    """
    batcher = Batcher(bus)

    async def deliver(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith(PREFIXES)}
        if not any(f"{prefix}topic" in headers for prefix in PREFIXES):
            return web.Response(status=400, text="the header X-Shopify-Topic is missing\n")
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


def _bus(given: argparse.Namespace) -> Bus:
    """The bus that the arguments name. Only its SDK is imported: one may be installed without the other."""
    if given.kind == "eventbridge":
        from stockstorm.loadtests.bus_publisher.eventbridge import EventBridge  # noqa: PLC0415 - an optional extra

        return EventBridge(given.bus, given.source)
    from stockstorm.loadtests.bus_publisher.pubsub import PubSub  # noqa: PLC0415 - an optional extra

    return PubSub(given.topic)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stockstorm.loadtests.bus_publisher", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    eventbridge, pubsub = kinds.add_parser("eventbridge"), kinds.add_parser("pubsub")
    eventbridge.add_argument("--bus", required=True, help="name or ARN of the bus")
    eventbridge.add_argument("--source", required=True, help="aws.partner/shopify.com/<api client id>/<name>")
    pubsub.add_argument("--topic", required=True, help="projects/<project>/topics/<name>")
    for kind in (eventbridge, pubsub):
        kind.add_argument("--host", default="127.0.0.1", help="address to listen on; anyone who reaches it can publish")
        kind.add_argument("--port", type=int, required=True)
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    app = make_app(_bus(given))
    web.run_app(app, host=given.host, port=given.port, access_log=None, shutdown_timeout=STOP_WITHIN_S)


if __name__ == "__main__":
    main()
