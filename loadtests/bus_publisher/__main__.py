"""`python -m loadtests.bus_publisher eventbridge --bus B --source S --port P`, or `pubsub --topic T --port P`.

Where the clouds are, the SDKs read from their own environment variables. Runs until SIGTERM or SIGINT.
"""

import argparse

from aiohttp import web

from stockstorm.loadtests.bus_publisher.app import make_app
from stockstorm.loadtests.bus_publisher.base import Bus

STOP_WITHIN_S = 2.0


def _bus(given: argparse.Namespace) -> Bus:
    """Each SDK is imported only where it is used: one may be installed without the other."""
    if given.kind == "eventbridge":
        from stockstorm.loadtests.bus_publisher.eventbridge import EventBridge  # noqa: PLC0415 - an optional extra

        return EventBridge(given.bus, given.source)
    from stockstorm.loadtests.bus_publisher.pubsub import PubSub  # noqa: PLC0415 - an optional extra

    return PubSub(given.topic)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.bus_publisher", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    eventbridge, pubsub = kinds.add_parser("eventbridge"), kinds.add_parser("pubsub")
    eventbridge.add_argument("--bus", required=True, help="name or ARN of the bus")
    eventbridge.add_argument("--source", required=True, help="aws.partner/shopify.com/<api client id>/<name>")
    pubsub.add_argument("--topic", required=True, help="projects/<project>/topics/<name>")
    for kind in (eventbridge, pubsub):
        kind.add_argument(
            "--host", default="127.0.0.1", help="loopback unless you know better: it asks for no password"
        )
        kind.add_argument("--port", type=int, required=True)
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    app = make_app(_bus(given))
    web.run_app(app, host=given.host, port=given.port, access_log=None, shutdown_timeout=STOP_WITHIN_S)


if __name__ == "__main__":
    main()
