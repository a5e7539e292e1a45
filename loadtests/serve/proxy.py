"""A proxy for clients that insist on `https://{shop}.myshopify.com`: it leads that one host to the served shop.

It takes CONNECT for the shop's own domain only, so it cannot be used to reach anything else.
"""

from typing import Any, Final

import gevent
from gevent import socket
from gevent.server import StreamServer

from stockstorm.simulator.api.http_server import LOOPBACK
from stockstorm.simulator.errors import BackingError

HEAD_MAX_BYTES: Final = 8_192
HEAD_WITHIN_S: Final = 5.0
CHUNK_BYTES: Final = 65_536
CONNECTIONS_MAX: Final = 100
ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED: Final = (
    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}"
)


def make_proxy(host: str, port: int, domain: str, https_port: int) -> StreamServer:
    """A proxy that is not started. Raises BackingError if the address cannot be bound."""

    def handle(client: Any, _address: object) -> None:
        with client:
            _serve(client, domain, https_port)

    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(CONNECTIONS_MAX)
    except OSError as error:
        listener.close()
        remedy = "end the program that listens there, or give another --proxy-port; 0 takes a free one"
        raise BackingError(f"--proxy-port: {host}:{port}", f"cannot listen: {error}", remedy) from error
    return StreamServer(listener, handle, spawn=CONNECTIONS_MAX)


def _serve(client: Any, domain: str, https_port: int) -> None:
    try:
        head = b""
        with gevent.Timeout(HEAD_WITHIN_S, False):
            head = _read_head(client)
        if not head.startswith(f"CONNECT {domain}:443 ".encode()):
            text = f"this proxy leads to https://{domain} only\n"
            client.sendall(REFUSED.format(len(text), text).encode())
            return
        client.sendall(ESTABLISHED)
        with socket.create_connection((LOOPBACK, https_port)) as shop:
            _tunnel(client, shop)
    except OSError:
        return


def _read_head(client: Any) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_MAX_BYTES:
        part = client.recv(CHUNK_BYTES)
        if not part:
            break
        head += part
    return head


def _tunnel(client: Any, shop: Any) -> None:
    both = [gevent.spawn(_copy, client, shop), gevent.spawn(_copy, shop, client)]
    gevent.joinall(both, count=1)
    gevent.killall(both)


def _copy(source: Any, target: Any) -> None:
    try:
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
    except OSError:
        return
