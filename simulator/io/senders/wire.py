"""Opens connections: non-blocking sockets without Nagle's delay, and TLS over memory buffers where wanted.

A wire has the four methods of a non-blocking socket, so a plain one is the C socket itself with nothing in between. The
C class is used since `socket.socket` is another thing in a gevent-patched process; waiting is always gevent's.
"""

import errno
import socket
import ssl
from _socket import socket as CSocket  # noqa: N812 - the C class, beside the module `socket`
from typing import Protocol

import gevent
import gevent.socket

from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.io.senders.resolver import Endpoint

READ = 1
WRITE = 2


class Wire(Protocol):
    """What a connection needs. `send` and `recv` raise BlockingIOError instead of waiting, or OSError when broken."""

    def send(self, data: bytes, /) -> int: ...

    def recv(self, size: int, /) -> bytes: ...

    def fileno(self) -> int: ...

    def close(self) -> object: ...


class WireError(Exception):
    """No connection was made: `kind` is an error of `Answer`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


def wait_for(fd: int, events: int, until_ns: int, clock: Clock, kind: str) -> None:
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
    """The first endpoint that accepts. Raises WireError: connect_timeout, or connect_refused when all refuse."""
    for endpoint in list(endpoints):
        wire = CSocket(endpoint[0], socket.SOCK_STREAM)
        try:
            if _accepted(wire, endpoint, until_ns, clock):
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return wire, endpoint
        except BaseException:
            wire.close()
            raise
        wire.close()
    raise WireError("connect_refused")


def _accepted(wire: CSocket, endpoint: Endpoint, until_ns: int, clock: Clock) -> bool:
    wire.setblocking(False)
    code = wire.connect_ex(endpoint[1])
    if code in {errno.EINPROGRESS, errno.EAGAIN}:
        wait_for(wire.fileno(), WRITE, until_ns, clock, "connect_timeout")
        code = wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return code == 0


class TlsWire:
    """TLS on a non-blocking socket. The handshake is done by `secured`."""

    def __init__(self, plain: CSocket, context: ssl.SSLContext, host: str) -> None:
        self._plain = plain
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = b""
        self._taken = 0  # bytes of the caller's that are encrypted but not all sent

    def send(self, data: bytes) -> int:
        """Encrypts and sends all of `data`. After BlockingIOError give the same data again, as with OpenSSL."""
        if not self._taken:
            self._taken = self._tls.write(data)
        self._flush()
        taken, self._taken = self._taken, 0
        return taken

    def recv(self, size: int) -> bytes:
        """All that can be decrypted by now, b"" at the end."""
        pieces = []
        try:
            self.pull(size)
            while piece := self._tls.read(size):
                pieces.append(piece)
        except ssl.SSLWantReadError:
            if not pieces:
                raise BlockingIOError(errno.EAGAIN, "no whole record yet") from None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            pass  # what came before the end is returned now, the end itself next time
        return b"".join(pieces)

    def fileno(self) -> int:
        return self._plain.fileno()

    def close(self) -> None:
        self._plain.close()

    def shake_hands(self) -> bool:
        """One step of the handshake: True when done, False when the peer's bytes are awaited. Raises ssl.SSLError."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        self._flush()
        return True

    def pull(self, size: int) -> None:
        """Takes in what the socket holds. Raises BlockingIOError when that is nothing."""
        data = self._plain.recv(size)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        """Sends encrypted bytes. Raises BlockingIOError while some are left."""
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self._plain.send(self._unsent) :]


def secured(plain: CSocket, context: ssl.SSLContext, host: str, until_ns: int, clock: Clock) -> TlsWire:
    """A verified TLS connection over a socket. Raises WireError: answer_timeout or protocol."""
    wire = TlsWire(plain, context, host)
    try:
        while not wire.shake_hands():
            wait_for(plain.fileno(), READ, until_ns, clock, "answer_timeout")
            wire.pull(65_536)
    except (OSError, ssl.SSLError) as error:
        plain.close()
        raise WireError("protocol") from error
    except BaseException:
        plain.close()
        raise
    return wire
