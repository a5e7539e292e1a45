"""Turns the URI of a subscription into an `Address`, and a host into endpoints, once per run each.

All addresses of a host are tried (`localhost` is `::1` and `127.0.0.1`), first the one that accepted last. A URI or
host without endpoints is remembered too: it is reported once, and attempts to it end as "unknown_host".
"""

import socket
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

import gevent
import gevent.socket
from gevent.lock import BoundedSemaphore

from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.io.own_addresses import is_own_address

Endpoint = tuple[int, tuple[str | int, ...]]  # address family, socket address
Lookup = Callable[[str, int], list[Endpoint]]
OnError = Callable[[SubjectError], None]

LOOKUP_WITHIN_S = 5.0  # as long as an attempt may take


def lookup(host: str, port: int) -> list[Endpoint]:
    """Every TCP endpoint of a host, by the system's resolver. Raises OSError."""
    found = gevent.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(int(family), tuple(address)) for family, _, _, _, address in found]


class NotAllowed(OSError):
    """A host that is not this machine, and that nobody allowed."""


def only_hosts(allowed: Collection[str], resolve: Lookup = lookup) -> Lookup:
    """A lookup that finds this machine, and hosts that were allowed by name. A subscription to another one finds none.

    Nobody else gets load without having been asked. Raises OSError.
    """

    def found(host: str, port: int) -> list[Endpoint]:
        endpoints = resolve(host, port)
        if host not in allowed and not all(is_own_address(str(address[0])) for _, address in endpoints):
            raise NotAllowed(host)
        return endpoints

    return found


class Resolver:
    """Calling it with a URI gives the address; `endpoints` gives where to connect. Both cache their results.

    `on_error` is called once for each URI or host that has no endpoints.
    """

    def __init__(self, resolve: Lookup = lookup, on_error: OnError = lambda _: None) -> None:
        self._lookup, self._on_error = resolve, on_error
        self._addresses: dict[str, Address] = {}
        self._endpoints: dict[tuple[str, int], list[Endpoint] | SubjectError] = {}
        self._locks: dict[tuple[str, int], BoundedSemaphore] = {}

    def __call__(self, uri: str) -> Address:
        """The address of a URI. One that is neither http(s) nor a bus of this run has an address without endpoints."""
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
        """Sends attempts for `uri`, such as an event bus, to the process at `url` instead."""
        self._addresses[uri] = address_of(url)

    def endpoints(self, host: str, port: int) -> list[Endpoint]:
        """Where to connect, in order of preference; at least one. Raises SubjectError, the same for the whole run."""
        key = (host, port)
        if key not in self._endpoints:
            with self._locks.setdefault(key, BoundedSemaphore()):  # concurrent callers wait for the same result
                if key not in self._endpoints:
                    self._remember(key, self._looked_up(host, port))
        found = self._endpoints[key]
        if isinstance(found, SubjectError):
            raise found
        return found

    def prefer(self, host: str, port: int, endpoint: Endpoint) -> None:
        """Puts this endpoint first from now on."""
        found = self._endpoints[host, port]
        if isinstance(found, list):
            found.sort(key=lambda other: other != endpoint)

    def _looked_up(self, host: str, port: int) -> list[Endpoint] | SubjectError:
        try:
            with gevent.Timeout(LOOKUP_WITHIN_S, TimeoutError(f"no answer within {LOOKUP_WITHIN_S:g} s")):
                return self._lookup(host, port)
        except NotAllowed:
            found = "it is not this machine, so nothing is sent to the subscription there"
            return SubjectError(f"{host}:{port}", found, f"if it is yours and may take the load: --allow-host {host}")
        except (OSError, UnicodeError) as error:  # UnicodeError: a label is too long for a host name
            remedy = "check the host's name in the subject's public URL, or use an address such as 127.0.0.1"
            return SubjectError(f"{host}:{port}", f"the host cannot be found ({error})", remedy)

    def _remember(self, key: tuple[str, int], found: list[Endpoint] | SubjectError) -> None:
        self._endpoints[key] = found
        if isinstance(found, SubjectError):
            self._on_error(found)


def address_of(uri: str) -> Address:
    """The address that an http or https URI names. Raises SubjectError."""
    where, remedy = f"subscription {uri}", "write it as http://HOST:PORT/PATH"
    if not uri.lower().startswith(("http:", "https:")):
        found = "neither an http or https URI nor a bus of this run"
        raise SubjectError(where, found, f"{remedy}; the subjects bus-eventbridge and bus-pubsub have buses")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise SubjectError(where, str(error), remedy) from error
    if not parts.hostname:
        raise SubjectError(where, "it has no host", remedy)
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(host=parts.hostname, port=port or (443 if tls else 80), path=path, tls=tls)
