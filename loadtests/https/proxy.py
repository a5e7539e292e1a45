"""A proxy for clients that insist on `https://{shop}.myshopify.com`: it leads that one host to the played shop.

It takes CONNECT for the shop's own domain only, so it cannot be used to reach anything else.
"""

from collections.abc import Callable
from typing import Any, Final

import gevent
from gevent import socket
from gevent.pool import Pool
from gevent.server import StreamServer

from stockstorm.simulator.api.http_server import LOOPBACK, listening
from stockstorm.simulator.limits import API_CONNECTIONS_MAX

HEAD_MAX_BYTES: Final = 8_192
HEAD_WITHIN_S: Final = 5.0
CHUNK_BYTES: Final = 65_536
HTTPS_PORT: Final = 443
ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED: Final = (
    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}"
)

Refused = Callable[[str], None]


def make_proxy(
    host: str,
    port: int,
    domain: str,
    https_port: int,
    https_host: str = LOOPBACK,
    refused: Refused = lambda _target: None,
) -> StreamServer:
    """A proxy that is not started. `refused` is told what else was asked for.

    Raises BackingError if the address cannot be bound.
    """

    def handle(client: Any, _address: object) -> None:
        with client:
            _serve(client, domain, (https_host, https_port), refused)

    return StreamServer(listening_for("--proxy-port", host, port), handle, spawn=Pool(API_CONNECTIONS_MAX))


def listening_for(flag: str, host: str, port: int) -> Any:
    """A socket that listens. Raises BackingError, which names the flag."""
    remedy = f"end the program that listens there, or give another {flag}; 0 takes a free one"
    return listening(f"{flag}: {host}:{port}", host, port, remedy)


def connected(host: str, port: int) -> Any:
    """A connection that sends at once. Raises OSError."""
    found = socket.create_connection((host, port))
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def _serve(client: Any, domain: str, shop_at: tuple[str, int], refused: Refused) -> None:
    try:
        head = b""
        with gevent.Timeout(HEAD_WITHIN_S, False):
            head = _read_head(client)
        if not head:  # it only looked whether something listens
            return
        if (asked := _target(head)) != f"{domain}:{HTTPS_PORT}":
            text = f"this proxy leads to https://{domain} only\n"
            client.sendall(REFUSED.format(len(text), text).encode())
            refused(asked)
            return
        with connected(*shop_at) as shop:
            client.sendall(ESTABLISHED)
            tunnel(client, shop)
    except OSError:
        return


def _target(head: bytes) -> str:
    """HOST:PORT of a CONNECT, or the start of what came instead."""
    method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
    if method != b"CONNECT":
        return (method + b" " + rest.partition(b" ")[0]).decode("latin-1")
    return rest.partition(b" ")[0].decode("latin-1").lower()


def _read_head(client: Any) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_MAX_BYTES:
        part = client.recv(CHUNK_BYTES)
        if not part:
            break
        head += part
    return head


def tunnel(client: Any, shop: Any) -> None:
    """Copies both ways until one side ends."""
    both = [gevent.spawn(_copy, client, shop), gevent.spawn(_copy, shop, client)]
    gevent.joinall(both, count=1)
    gevent.killall(both)


def _copy(source: Any, target: Any) -> None:
    try:
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
    except OSError:
        return
