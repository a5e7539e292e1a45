"""A small server for the sender's tests: each connection follows a script, to misbehave in any way there is."""

import socket as plain
from collections.abc import Callable
from pathlib import Path

import gevent
import gevent.ssl
from gevent import socket

Script = Callable[["Visit"], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Visit:
    """One connection as the server sees it."""

    def __init__(self, peer: socket.socket, number: int, requests: list[bytes]) -> None:
        self.peer = peer
        self.number = number  # from 0, over all connections of the server
        self._requests = requests
        self._buffer = b""

    def request(self) -> bytes:
        """The next request with its body, b"" when the client has closed."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return b""
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(rest) < length:
            if not self._more():
                return b""
            rest = self._buffer.partition(b"\r\n\r\n")[2]
        self._buffer = rest[length:]
        self._requests.append(head + b"\r\n\r\n" + rest[:length])
        return self._requests[-1]

    def say(self, data: bytes) -> None:
        self.peer.sendall(data)

    def reset(self) -> None:
        """Closes with RST, as a process does that dies with unread data."""
        self.peer.setsockopt(plain.SOL_SOCKET, plain.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.peer.close()

    def _more(self) -> bool:
        data = self.peer.recv(65_536)
        self._buffer += data
        return bool(data)


class Server:
    """Listens on a free port of 127.0.0.1; `visits` and `requests` count what came."""

    def __init__(self, script: Script, certificate: Path | None = None) -> None:
        self.requests: list[bytes] = []
        self.visits = 0
        self._script = script
        self._certificate = certificate
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(500)
        self.port = int(self._listener.getsockname()[1])
        self._greenlets = [gevent.spawn(self._accept)]

    def close(self) -> None:
        gevent.killall(self._greenlets)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            peer, _ = self._listener.accept()
            visit = Visit(peer, self.visits, self.requests)
            self.visits += 1
            self._greenlets.append(gevent.spawn(self._play, visit))

    def _play(self, visit: Visit) -> None:
        try:
            if self._certificate is not None:
                context = gevent.ssl.SSLContext(gevent.ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self._certificate)
                visit.peer = context.wrap_socket(visit.peer, server_side=True)
            self._script(visit)
        except OSError:  # the client has disconnected; the test checks how it reacted
            visit.number = -1
        finally:
            visit.peer.close()


def polite(visit: Visit) -> None:
    """Answers 200 to every request and keeps the connection."""
    while visit.request():
        visit.say(OK)
