"""Turns a subscription's URI into an `Address`, and a host into endpoints: once per run each: no attempt waits for DNS.

All addresses of a host are tried (`localhost` is `::1` and `127.0.0.1`); the one that answered last comes first.
"""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import gevent.socket

from simulator.errors import SubjectError
from simulator.senders import Address

Endpoint = tuple[int, tuple[str | int, ...]]  # address family, socket address
Lookup = Callable[[str, int], list[Endpoint]]


def lookup(host: str, port: int) -> list[Endpoint]:
    """Every TCP endpoint of a host, by the system's resolver. Raises OSError."""
    found = gevent.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(int(family), tuple(address)) for family, _, _, _, address in found]


class AddressBook:
    """`book(uri)` gives the address, `book.endpoints` where to connect. Both remember. Raises SubjectError."""

    def __init__(self, look: Lookup = lookup) -> None:
        self._lookup = look
        self._addresses: dict[str, Address] = {}
        self._endpoints: dict[tuple[str, int], list[Endpoint]] = {}

    def __call__(self, uri: str) -> Address:
        """The address of an http or https URI."""
        address = self._addresses.get(uri)
        if address is None:
            address = self._addresses[uri] = address_of(uri)
        return address

    def redirect(self, uri: str, url: str) -> None:
        """Attempts for `uri`, such as a bus that speaks no HTTP, go to the process behind `url` instead."""
        self._addresses[uri] = address_of(url)

    def endpoints(self, host: str, port: int) -> list[Endpoint]:
        """Where to connect, in order of preference; at least one."""
        key = (host, port)
        endpoints = self._endpoints.get(key)
        if endpoints is None:
            try:
                endpoints = self._lookup(host, port)
            except OSError as error:
                remedy = "check the host's name in the subject's public URL, or use an address such as 127.0.0.1"
                raise SubjectError(f"{host}:{port}", f"the host is not to be found ({error})", remedy) from error
            self._endpoints[key] = endpoints
        return endpoints

    def prefer(self, host: str, port: int, endpoint: Endpoint) -> None:
        """Tries this endpoint first from now on."""
        self._endpoints[host, port].sort(key=lambda other: other != endpoint)


def address_of(uri: str) -> Address:
    """The address that an http or https URI names. Raises SubjectError."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise SubjectError(f"subscription {uri}", str(error), "write it as http://HOST:PORT/PATH") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SubjectError(f"subscription {uri}", "not an http or https URI", "write it as http://HOST:PORT/PATH")
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(host=parts.hostname, port=port or (443 if tls else 80), path=path, tls=tls)
