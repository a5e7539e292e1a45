"""The front: HTTPS before the played APIs, and the proxy that leads the shop's own domain there. A process of a run.

`python -m stockstorm.loadtests.https.front '{"domain": …}'`. It passes bytes on and reads none of them, one connection
to the APIs for each that it accepts, so that what a client leaves open is seen. Its log names, once each, the hosts
that the proxy refused and the reasons why clients broke off.
"""

import resource
import socket
import ssl
import sys
from pathlib import Path
from typing import Any, Final

import gevent
import msgspec
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer

from stockstorm.loadtests.https.authority import Authority
from stockstorm.loadtests.https.proxy import connected, listening_for, make_proxy, tunnel
from stockstorm.loadtests.https.told import BROKEN_OFF, TOLD_MAX
from stockstorm.reports.result import printable
from stockstorm.simulator.limits import API_CONNECTIONS_MAX

HANDSHAKE_WITHIN_S: Final = 10.0
DESCRIPTORS: Final = 4 * API_CONNECTIONS_MAX + 100  # a connection through the proxy has four ends here
LINE_MAX: Final = 300  # characters


class Front(msgspec.Struct, frozen=True):
    """What the process is told."""

    domain: str
    host: str  # to listen on
    port: int
    proxy_port: int
    shop_host: str  # of the APIs over HTTP
    shop_port: int
    authority: str  # folder


class Log:
    """Each sentence once, and a bounded number of them."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, text: str) -> None:
        line = printable(text[:LINE_MAX])
        if line not in self._told and len(self._told) < TOLD_MAX:
            self._told.add(line)
            print(line, flush=True)


def make_front(front: Front, log: Log) -> tuple[StreamServer, StreamServer]:
    """The HTTPS server and the proxy, bound and not started. Raises BackingError."""
    context = Authority(Path(front.authority)).server_context((front.domain,))

    def handle(client: Any, _address: object) -> None:
        with client:
            _serve(client, context, front, log)

    https = StreamServer(listening_for("https.port", front.host, front.port), handle, spawn=Pool(API_CONNECTIONS_MAX))
    where = within_reach(front.host)
    proxy = make_proxy(
        front.host,
        front.proxy_port,
        front.domain,
        https.server_port,
        where,
        lambda target: log.tell(f"refused {target}: the proxy leads to https://{front.domain} only; see NO_PROXY"),
    )
    return https, proxy


def within_reach(host: str) -> str:
    """Where a process of this machine reaches what listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on


def connects(host: str, port: int) -> bool:
    """Whether something listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0


def _serve(client: Any, context: Any, front: Front, log: Log) -> None:
    try:
        with connected(front.shop_host, front.shop_port) as shop, _secured(client, context) as secured:
            tunnel(secured, shop)
    except ssl.SSLEOFError:
        return  # it only looked whether something listens, or changed its mind
    except ssl.SSLError as error:
        log.tell(f"{BROKEN_OFF}: {error.reason or error}")
    except (OSError, gevent.Timeout) as error:
        log.tell(f"a connection ended early: {error}")


def _secured(client: Any, context: Any) -> Any:
    with gevent.Timeout(HANDSHAKE_WITHIN_S):
        return context.wrap_socket(client, server_side=True)


def main() -> None:
    """Serves until a signal."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    log = Log()
    for server in make_front(msgspec.json.decode(sys.argv[1], type=Front), log):
        server.start()
    Event().wait()


if __name__ == "__main__":
    main()
