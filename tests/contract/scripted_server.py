"""A small server for the sender's tests. Each connection follows a script, which may break any rule of HTTP."""

import socket as plain
from collections.abc import Callable
from pathlib import Path

import gevent
import gevent.ssl
from gevent import socket

Script = Callable[["Connection"], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Connection:
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

    def send(self, data: bytes) -> None:
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
    """Listens on a free port of 127.0.0.1; `connections` and `requests` count what came."""

    def __init__(self, script: Script, certificate: Path | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
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
            connection = Connection(peer, self.connections, self.requests)
            self.connections += 1
            self._greenlets.append(gevent.spawn(self._run, connection))

    def _run(self, connection: Connection) -> None:
        try:
            if self._certificate is not None:
                context = gevent.ssl.SSLContext(gevent.ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self._certificate)
                connection.peer = context.wrap_socket(connection.peer, server_side=True)
            self._script(connection)
        except OSError:  # the client has left; the test checks its side
            connection.number = -1
        finally:
            connection.peer.close()


def answer_all(connection: Connection) -> None:
    """Answers 200 to every request and keeps the connection."""
    while connection.request():
        connection.send(OK)
