"""The sweep: webhooks only wake a loop that reads everything from the APIs. No database, no references, no probes.

    PORT=8080 … python -m tests.strangers.sweep.service

The standard library alone: http.server in front, http.client behind, one JSON file as the state.
"""

import base64
import hashlib
import hmac
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.strangers.sweep.calls import Marketplace, NoAnswer, Rejected, Shop
from tests.strangers.sweep.sweeper import State, Sweeper

TOPICS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled", "refunds/create", "products/update")
LEVELS = "inventory_levels/update"
BODY_MAX = 4_000_000  # bodies of orders can exceed a megabyte


class Door(BaseHTTPRequestHandler):
    """Lets signed webhooks ring."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    ring: threading.Event

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if self.path != "/webhooks" or length > BODY_MAX:
            self.close_connection = True
            self.answer(404 if length <= BODY_MAX else 413)
            return
        if self.may_ring(self.rfile.read(length)):
            self.ring.set()
            self.answer(202)
        else:
            self.answer(403)

    def do_GET(self) -> None:
        self.answer(404)

    def may_ring(self, body: bytes) -> bool:
        if "X-Marketplace-Topic" in self.headers:
            return self.signed(body, "CHANNEL_SECRET", "X-Marketplace-Signature")
        shop = self.headers.get("X-Shopify-Shop-Domain")
        secrets = ("CLIENT_SECRET", "NEXT_CLIENT_SECRET")  # two while the shop's is rotated
        signed = any(self.signed(body, secret, "X-Shopify-Hmac-Sha256") for secret in secrets)
        return signed and shop == os.environ["SHOP_DOMAIN"]

    def signed(self, body: bytes, secret: str, header: str) -> bool:
        if secret not in os.environ:
            return False
        digest = hmac.new(os.environ[secret].encode(), body, hashlib.sha256).digest()
        return hmac.compare_digest(base64.b64encode(digest), self.headers.get(header, "").encode())

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Nothing."""


class House(ThreadingHTTPServer):
    """A thread for each connection."""

    request_queue_size = 128
    daemon_threads = True


def register(sweeper: Sweeper, url: str) -> None:
    """Once the APIs are there: learns the catalogue, and has itself called."""
    while True:
        try:
            sweeper.places = sweeper.shop.places()
            break
        except NoAnswer:
            time.sleep(0.5)
    for channel, marketplace in sweeper.marketplaces.items():
        try:
            marketplace.notify(url)
        except Rejected as error:  # it has a feed alone, and feeds are read in every round
            print("no notifications from", channel, error, flush=True)
    sweeper.subscribe = lambda: subscribe(sweeper.shop, url)
    sweeper.subscribe()
    sweeper.wake.set()


def subscribe(shop: Shop, url: str) -> None:
    """To every topic that the app's scopes allow."""
    for topic in (*TOPICS, LEVELS):
        try:
            shop.subscribe(topic, url)
        except Rejected as error:
            print("not subscribed:", topic, error, flush=True)


def serve(sweeper_of: type[Sweeper] = Sweeper, door: type[Door] = Door, shop: type[Shop] = Shop) -> None:
    """Never returns."""
    env = os.environ
    channels = {
        name: Marketplace(env["CHANNEL_URL"].format(channel=name), env["CHANNEL_TOKEN"])
        for name in env["CHANNELS"].split(",")
    }
    sweeper = sweeper_of(shop(env["GRAPHQL_URL"], env["ADMIN_TOKEN"]), channels, State(Path(env["STATE"])))
    door.ring = sweeper.wake
    house = House(("127.0.0.1", int(env["PORT"])), door)
    threading.Thread(target=house.serve_forever, daemon=True).start()
    register(sweeper, f"http://127.0.0.1:{env['PORT']}/webhooks")
    sweeper.run()


if __name__ == "__main__":
    serve()
