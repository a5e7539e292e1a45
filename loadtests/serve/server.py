"""Serves a shop until a signal: the APIs over HTTP and HTTPS, the proxy, and the page."""

import signal
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gevent
import msgspec
from gevent.event import Event as Signal

from stockstorm.loadtests.https.authority import Authority
from stockstorm.loadtests.https.proxy import make_proxy
from stockstorm.loadtests.processes.signals import ENDING
from stockstorm.loadtests.serve.page import Page
from stockstorm.loadtests.serve.shop import ServedShop
from stockstorm.simulator.api.http_server import Handle, make_server
from stockstorm.simulator.errors import BackingError

CLOSE_WITHIN_S: Final = 1.0


class Ports(msgspec.Struct, frozen=True):
    """Where to listen. 0 takes a free port; None: not at all."""

    host: str
    http: int
    page: int
    https: int | None = None
    proxy: int | None = None


class Served(msgspec.Struct, frozen=True):
    """Where everything listens."""

    http: str
    page: str
    https: str = ""
    proxy: str = ""
    authority: str = ""  # the file that clients trust


def serve(shop: ServedShop, ports: Ports, authority: Path, started: Callable[[Served], None]) -> signal.Signals:
    """Serves until a signal, and returns it. `started` is told where.

    Raises BackingError when a port is taken, and what keeps the shop from going on.
    """
    servers: list[Any] = []
    seen: list[signal.Signals] = []
    ended = Signal()
    end_quietly()

    def end(number: signal.Signals) -> None:
        seen.append(number)
        ended.set()

    try:
        served = _start(shop, ports, authority, servers)
        shop.start(ended.set)
        for number in heeded():
            gevent.signal_handler(number, end, number)
        started(served)
        ended.wait()
        if shop.failure is not None:
            raise shop.failure
        return seen[0]
    finally:
        for server in servers:
            server.stop(CLOSE_WITHIN_S)
        shop.stop()


def end_quietly() -> None:
    """Ctrl-C while everything waits is raised in gevent's hub, which would print a traceback before it passes it on."""
    hub = gevent.get_hub()
    hub.NOT_ERROR = (*hub.NOT_ERROR, KeyboardInterrupt)


def heeded() -> list[signal.Signals]:
    """SIGHUP is left alone under nohup, so that a shop that is served for days outlives its terminal."""
    unheeded = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else set[signal.Signals]()
    return [number for number in ENDING if number not in unheeded]


def _listening(flag: str, host: str, port: int, handle: Handle, tls: ssl.SSLContext | None = None) -> Any:
    """A server that is not started. Raises BackingError, which names the flag, when its port is taken."""
    try:
        return make_server(host, port, handle, tls=tls)
    except BackingError as error:
        remedy = f"end the program that listens there, or give another {flag}; 0 takes a free one"
        raise BackingError(f"{flag}: {host}:{port}", error.found, remedy) from error


def _start(shop: ServedShop, ports: Ports, authority: Path, servers: list[Any]) -> Served:
    def begin(server: Any) -> int:
        server.start()
        servers.append(server)
        return int(server.server_port)

    named = f"[{ports.host}]" if ":" in ports.host else ports.host
    http = begin(_listening("--port", ports.host, ports.http, shop.handle))
    https = proxy = trusted = ""
    if ports.https is not None:
        made = Authority(authority)
        context = made.server_context((shop.scenario.shop.domain,))
        https_port = begin(_listening("--https-port", ports.host, ports.https, shop.handle, tls=context))
        https, trusted = f"https://{named}:{https_port}", str(made.certificate)
        if ports.proxy is not None:
            tunnel = make_proxy(ports.host, ports.proxy, shop.scenario.shop.domain, https_port)
            proxy = f"http://{named}:{begin(tunnel)}"
    where = f"Admin API: http://{named}:{http}/admin/api/{shop.scenario.shop.api_version}/graphql.json"
    page_server = _listening("--page-port", ports.host, ports.page, lambda request: page.handle(request))  # noqa: PLW0108 - the page needs its port
    port = page_server.server_port
    page = Page(shop, where, frozenset(f"{host}:{port}" for host in {named, "localhost", "127.0.0.1"}))
    begin(page_server)
    return Served(f"http://{named}:{http}", f"http://{named}:{port}/", https, proxy, trusted)
