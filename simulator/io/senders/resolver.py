"""Turns a subscription's URI into an `Address`, and a host into endpoints: once per run each: no attempt waits for DNS.

All addresses of a host are tried (`localhost` is `::1` and `127.0.0.1`); the one that answered last comes first. What
leads nowhere is remembered too, told once, and never looked up again: attempts to it fail like refused connections.
"""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import gevent
import gevent.socket
from gevent.lock import BoundedSemaphore

from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.errors import SubjectError

Endpoint = tuple[int, tuple[str | int, ...]]  # address family, socket address
Lookup = Callable[[str, int], list[Endpoint]]
Tell = Callable[[SubjectError], None]

LOOKUP_WITHIN_S = 5.0  # as long as an attempt may take


def lookup(host: str, port: int) -> list[Endpoint]:
    """Every TCP endpoint of a host, by the system's resolver. Raises OSError."""
    found = gevent.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(int(family), tuple(address)) for family, _, _, _, address in found]


class Resolver:
    """`book(uri)` gives the address, `book.endpoints` where to connect. Both remember. What leads nowhere is told."""

    def __init__(self, look: Lookup = lookup, tell: Tell = lambda _: None) -> None:
        self._lookup, self._tell = look, tell
        self._addresses: dict[str, Address] = {}
        self._endpoints: dict[tuple[str, int], list[Endpoint] | SubjectError] = {}
        self._looking: dict[tuple[str, int], BoundedSemaphore] = {}

    def __call__(self, uri: str) -> Address:
        """The address of a URI. One that is neither http nor a bus of this run has an address without endpoints."""
        address = self._addresses.get(uri)
        if address is None:
            try:
                address = address_of(uri)
            except SubjectError as error:
                address = Address(host=uri, port=0, path="/")
                self._remember((uri, 0), error)
            self._addresses[uri] = address
        return address

    def redirect(self, uri: str, url: str) -> None:
        """Attempts for `uri`, such as a bus that speaks no HTTP, go to the process behind `url` instead."""
        self._addresses[uri] = address_of(url)

    def endpoints(self, host: str, port: int) -> list[Endpoint]:
        """Where to connect, in order of preference; at least one. Raises SubjectError, the same for the whole run."""
        key = (host, port)
        if key not in self._endpoints:
            with self._looking.setdefault(key, BoundedSemaphore()):  # whoever comes meanwhile waits for the same answer
                if key not in self._endpoints:
                    self._remember(key, self._looked_up(host, port))
        found = self._endpoints[key]
        if isinstance(found, SubjectError):
            raise found
        return found

    def prefer(self, host: str, port: int, endpoint: Endpoint) -> None:
        """Tries this endpoint first from now on."""
        found = self._endpoints[host, port]
        if isinstance(found, list):
            found.sort(key=lambda other: other != endpoint)

    def _looked_up(self, host: str, port: int) -> list[Endpoint] | SubjectError:
        try:
            with gevent.Timeout(LOOKUP_WITHIN_S, TimeoutError(f"no answer within {LOOKUP_WITHIN_S:g} s")):
                return self._lookup(host, port)
        except (OSError, UnicodeError) as error:  # a label that is too long for a name is no OSError
            remedy = "check the host's name in the subject's public URL, or use an address such as 127.0.0.1"
            return SubjectError(f"{host}:{port}", f"the host is not to be found ({error})", remedy)

    def _remember(self, key: tuple[str, int], found: list[Endpoint] | SubjectError) -> None:
        self._endpoints[key] = found
        if isinstance(found, SubjectError):
            self._tell(found)


def address_of(uri: str) -> Address:
    """The address that an http or https URI names. Raises SubjectError."""
    where, remedy = f"subscription {uri}", "write it as http://HOST:PORT/PATH"
    if not uri.lower().startswith(("http:", "https:")):
        found = "neither an http or https URI nor a bus of this run"
        raise SubjectError(where, found, f"{remedy}; buses are there for the subjects bus-eventbridge and bus-pubsub")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise SubjectError(where, str(error), remedy) from error
    if not parts.hostname:
        raise SubjectError(where, "names no host", remedy)
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(host=parts.hostname, port=port or (443 if tls else 80), path=path, tls=tls)
