"""A service that is broken in the way that its argument says, as users' services are in their first hour.

    PORT=8080 … python -m tests.strangers.broken.service WAY

Most ways need only a door (standard library). Those that act on the shop are the sweep with one part replaced.
"""

import os
import re
import socket
import ssl
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

from tests.strangers.sweep import calls
from tests.strangers.sweep.service import House
from tests.strangers.sweep.service import serve as sweep
from tests.strangers.sweep.ways.by_rest import RestShop, RestSweeper

CERTIFICATE: Final = Path(__file__).parents[2] / "contract" / "localhost.pem"
SLOW_S: Final = float(os.environ.get("SLOW_S", "6"))  # Shopify waits for five
WEBHOOKS: Final = "/webhooks"


class Door(BaseHTTPRequestHandler):
    """Reads the body and answers `status`."""

    protocol_version = "HTTP/1.1"
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(self.status)

    def do_GET(self) -> None:
        self.answer(404)

    def answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Nothing."""


class Refusing(Door):
    status = 401


class Crashing(Door):
    status = 500


class Elsewhere(Door):
    status = 404


class Slow(Door):
    def do_POST(self) -> None:
        time.sleep(SLOW_S)
        super().do_POST()


class Silent(Door):
    def do_POST(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class Redirecting(Door):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(301, Location=f"{self.path}/")


def door(handler: type[BaseHTTPRequestHandler], *, tls: bool = False) -> Callable[[], None]:
    """A server that only answers."""

    def serve() -> None:
        server = House(("127.0.0.1", int(os.environ["PORT"])), handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.serve_forever()

    return serve


class WithoutKey(calls.Shop):
    """Every write of it is refused: it lacks the directive that Shopify requires."""

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        plain = re.sub(r", \$key: String!| @idempotent\(key: \$key\)", "", query)
        return super().ask(plain, {name: value for name, value in variables.items() if name != "key"})


def dying() -> None:
    sys.exit("ModuleNotFoundError: No module named 'shop_settings'")


def never_ready() -> None:
    time.sleep(600)


WAYS: Final[dict[str, Callable[[], None]]] = {
    "static_files": door(SimpleHTTPRequestHandler),
    "another_app": door(Elsewhere),
    "nods": door(Door),
    "refuses_all": door(Refusing),
    "crashes": door(Crashing),
    "slow": door(Slow),
    "silent": door(Silent),
    "redirects": door(Redirecting),
    "https": door(Door, tls=True),
    "dies": dying,
    "never_ready": never_ready,
    "mutations_refused": lambda: sweep(shop=WithoutKey),
    "by_rest": lambda: sweep(RestSweeper, shop=RestShop),
    "remembers": sweep,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
