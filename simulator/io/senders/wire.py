"""Opens connections: non-blocking sockets without Nagle's algorithm, with TLS where the address wants it.

A wire has the four methods of a non-blocking socket, so a plain wire is the C socket itself with nothing in between. It
is the C class because a gevent-patched process has another `socket.socket`. Waiting is always gevent's.
"""

import errno
import socket
import ssl
from _socket import socket as CSocket  # noqa: N812 - the C class, beside the module `socket`
from typing import Protocol

import gevent
import gevent.socket

from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.history.facts import AttemptError
from stockstorm.simulator.io.senders.resolver import Endpoint, Resolver

READ = 1
WRITE = 2

Key = tuple[str, int, bool]


def key_of(address: Address) -> Key:
    """What a connection can be reused for: host, port, TLS."""
    return (address.host, address.port, address.tls)


class Wire(Protocol):
    """What a connection needs. `send` and `recv` raise BlockingIOError instead of waiting, or OSError when broken."""

    def send(self, data: bytes, /) -> int: ...

    def recv(self, size: int, /) -> bytes: ...

    def fileno(self) -> int: ...

    def close(self) -> object: ...


class WireError(Exception):
    """No connection was made: `kind` is an error of `Answer`."""

    def __init__(self, kind: AttemptError) -> None:
        self.kind: AttemptError = kind
        super().__init__(kind)


def wait_for(fd: int, events: int, until_ns: int, clock: Clock, kind: AttemptError) -> None:
    """Lets other greenlets run until the descriptor is ready. Raises WireError(kind) when the time is up."""
    left_ns = until_ns - clock()
    if left_ns <= 0:
        raise WireError(kind)
    watcher = gevent.get_hub().loop.io(fd, events)
    try:
        gevent.socket.wait(watcher, timeout=left_ns / SECOND_NS, timeout_exc=WireError(kind))
    finally:
        watcher.close()


def connect(endpoints: list[Endpoint], until_ns: int, clock: Clock) -> tuple[CSocket, Endpoint]:
    """The first endpoint that accepts. Raises WireError: connect_timeout, connect_refused, or no_route.

    Of several endpoints, one that refuses tells more than one to which there is no route.
    """
    codes: set[int] = set()
    for endpoint in list(endpoints):
        wire = CSocket(endpoint[0], socket.SOCK_STREAM)
        try:
            code = _connected(wire, endpoint, until_ns, clock)
            if not code:
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return wire, endpoint
        except BaseException:
            wire.close()
            raise
        wire.close()
        codes.add(code)
    raise WireError(_kind_of(codes))


def _kind_of(codes: set[int]) -> AttemptError:
    if errno.ECONNREFUSED in codes or errno.ECONNRESET in codes:
        return "connect_refused"
    return "connect_timeout" if errno.ETIMEDOUT in codes else "no_route"


def _connected(wire: CSocket, endpoint: Endpoint, until_ns: int, clock: Clock) -> int:
    """0, or the number of the error."""
    wire.setblocking(False)
    code = wire.connect_ex(endpoint[1])
    if code in {errno.EINPROGRESS, errno.EAGAIN}:
        wait_for(wire.fileno(), WRITE, until_ns, clock, "connect_timeout")
        code = wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return code


class TlsWire:
    """TLS on a non-blocking socket: an `SSLSocket` that raises what a plain socket raises. `secured` connects it."""

    def __init__(self, tls: ssl.SSLSocket) -> None:
        self._tls = tls
        self.fileno = tls.fileno
        self.close = tls.close

    def send(self, data: bytes) -> int:
        """Encrypts and sends `data` or a part of it. After BlockingIOError call again with the same data."""
        try:
            return self._tls.send(data)
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            raise BlockingIOError(errno.EAGAIN, "the socket takes no more") from None

    def recv(self, size: int) -> bytes:
        """The next decrypted bytes, at most one TLS record (16 KiB); b"" at the end."""
        try:
            return self._tls.recv(size)
        except ssl.SSLWantReadError:
            raise BlockingIOError(errno.EAGAIN, "no complete TLS record yet") from None

    def shake_hands(self) -> bool:
        """One step of the handshake. True when done, False when the peer's bytes are awaited. Raises ssl.SSLError."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True


def secured(plain: CSocket, context: ssl.SSLContext, host: str, until_ns: int, clock: Clock) -> TlsWire:
    """A verified TLS connection over a socket, which it takes over. Raises WireError: answer_timeout or tls_failed.

    The context gives gevent's `SSLSocket` in a patched process, else the standard one. Neither waits at timeout 0.
    """
    wrapped = socket.socket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    try:
        wrapped.setblocking(False)
        wrapped = context.wrap_socket(wrapped, server_hostname=host, do_handshake_on_connect=False)
        wire = TlsWire(wrapped)
        while not wire.shake_hands():
            wait_for(wire.fileno(), READ, until_ns, clock, "answer_timeout")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; a host name can be invalid
        wrapped.close()
        raise WireError("tls_failed") from error
    except BaseException:
        wrapped.close()
        raise
    return wire


class Connector:
    """Opens connections and counts those that are open. `limit_ns` bounds the TCP connect."""

    def __init__(self, clock: Clock, resolver: Resolver, tls: ssl.SSLContext | None, limit_ns: int) -> None:
        self._clock = clock
        self._resolver = resolver
        self._tls = tls
        self._limit_ns = limit_ns
        self.count = 0  # open or being opened
        self.peak = 0

    def open(self, address: Address, deadline_ns: int) -> Wire:
        """A new connection, to be reported to `closed` at its end. Raises WireError."""
        self.count += 1
        self.peak = max(self.peak, self.count)
        try:
            return self._opened(address, deadline_ns)
        except BaseException:
            self.count -= 1
            raise

    def closed(self) -> None:
        """Counts one connection as closed."""
        self.count -= 1

    def _opened(self, address: Address, deadline_ns: int) -> Wire:
        until_ns = min(deadline_ns, self._clock() + self._limit_ns)
        try:
            endpoints = self._resolver.endpoints(address.host, address.port)
        except SubjectError as error:
            raise WireError("unknown_host") from error
        wire, endpoint = connect(endpoints, until_ns, self._clock)
        if endpoint != endpoints[0]:
            self._resolver.prefer(address.host, address.port, endpoint)
        if not address.tls:
            return wire
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return secured(wire, self._tls, address.host, deadline_ns, self._clock)
