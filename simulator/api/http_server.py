"""The HTTP server of the simulated APIs: WSGI on gevent, requests to values and replies to bytes.

It passes requests to a function of the driver and knows of each API only the format of its errors. Accepted sockets
inherit TCP_NODELAY from the listening socket. Without it, answers wait 40 ms for the peer's acknowledgement: 730
requests/s instead of 8,700. The server never closes an idle connection, so that what a client leaves open is seen.
"""

import errno
import json
import socket
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

import gevent
from gevent import socket as gevent_socket
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer

from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.errors import BackingError
from stockstorm.simulator.limits import API_CONNECTIONS_MAX, REQUEST_BODY_MAX_BYTES

Handle = Callable[[ApiRequest], ApiReply]
StartResponse = Callable[[str, list[tuple[str, str]]], object]

MARKETPLACES: Final = "/marketplaces/"
LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 1024
LOGGED_MAX: Final = 20
LOGGED_CHARS_MAX: Final = 300
_REASONS: Final = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    411: "Length Required",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_JSON: Final = [("Content-Type", "application/json; charset=utf-8")]
_SOCKET: Final = "stockstorm.socket"  # of a request's connection, in its environment
_LOOK_EVERY_S: Final = 0.5  # at a connection whose client sent more than one request


class Connections:
    """The connections that clients have open, and how many of them carried a request lately."""

    def __init__(self) -> None:
        self.open = 0
        self.busy = 0  # with a request that is not answered yet
        self.round = 0  # counts the calls of `take_used`
        self.used = 0

    def take_used(self) -> int:
        """How many connections carried a request since the last call, also those that are closed by now."""
        used, self.used = self.used, 0
        self.round += 1
        return used


class Server(WSGIServer):  # type: ignore[misc]  # gevent has no types
    """gevent's server, which counts its connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.connections = Connections()
        super().__init__(*args, **options)


def make_server(
    host: str,
    port: int,
    handle: Handle,
    *,
    connections_max: int = API_CONNECTIONS_MAX,
    tls: ssl.SSLContext | None = None,
) -> Server:
    """A server that is bound but not started. With `tls` it speaks HTTPS.

    Port 0 takes a free port (see `server_port`), an empty host the loopback. A connection above `connections_max` waits
    until another one is closed. `stop(seconds)` waits for connections, then closes them; without the pool gevent would
    only stop listening and keep serving open connections. Raises BackingError if the address cannot be bound.
    """
    application = _Application(handle)
    host = host or LOOPBACK
    remedy = "stop the process that listens there or choose another address; port 0 takes a free port"
    listener = listening(f"simulated APIs on {host}:{port}", host, port, remedy)
    options = {} if tls is None else {"ssl_context": tls}
    return Server(
        listener,
        application,
        log=None,
        error_log=_ErrorLog(),
        spawn=Pool(connections_max),
        handler_class=_Handler,
        **options,
    )


def listening(where: str, host: str, port: int, remedy: str) -> gevent_socket.socket:
    """A socket that listens. What is accepted inherits TCP_NODELAY. Raises BackingError with `where` and `remedy`."""
    listener = gevent_socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise BackingError(where, f"cannot listen: {error}", remedy) from error
    return listener


class _Handler(WSGIHandler):  # type: ignore[misc]  # gevent has no types
    """gevent's connection. It would print tracebacks for errors of clients: bad heads, and connections closed early."""

    used_in = -1  # the round of the count in which it last carried a request

    def handle(self) -> None:
        connections: Connections = self.server.connections
        connections.open += 1
        try:
            with suppress(OSError):
                super().handle()
        finally:
            connections.open -= 1

    def handle_one_response(self) -> None:
        connections: Connections = self.server.connections
        if self.used_in != connections.round:
            self.used_in = connections.round
            connections.used += 1
        connections.busy += 1
        try:
            super().handle_one_response()
        finally:
            connections.busy -= 1

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ[_SOCKET] = self.socket
        return environ

    def _handle_client_error(self, error: Exception) -> tuple[str, bytes]:
        expected = error if isinstance(error, ValueError) else ValueError(str(error))
        answer: tuple[str, bytes] = super()._handle_client_error(expected)
        return answer


class _ErrorLog:
    """Standard error for the first LOGGED_MAX malformed requests. A client may send any number of them."""

    def __init__(self) -> None:
        self._left = LOGGED_MAX

    def write(self, text: str) -> None:
        if self._left > 0:
            self._left -= 1
            more = "" if self._left else "further malformed requests are not logged\n"
            sys.stderr.write(f"{text.rstrip()[:LOGGED_CHARS_MAX]}\n{more}")

    def writelines(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _BodyError(NamedTuple):
    """Why a request body was refused unread."""

    status: int
    code: str
    message: str


_MALFORMED: Final = _BodyError(400, "bad_content_length", "Content-Length is not a number; send digits only")
_INCOMPLETE: Final = _BodyError(
    400, "incomplete_body", "The body ended early, or its chunks are malformed; send it again"
)
_TOO_LARGE: Final = _BodyError(
    413, "body_too_large", f"The body is too large; send at most {REQUEST_BODY_MAX_BYTES} bytes"
)


class _Application:
    """The WSGI application around the driver's function."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = _bounded_body(environ)
        if isinstance(body, _BodyError):
            text = _error_text(body, environ["PATH_INFO"])
            # The server discards the rest of the body and then closes, so that the client gets to read this answer.
            start_response(_status(body.status), [*_JSON, ("Content-Length", str(len(text))), ("Connection", "close")])
            return [text]
        reply = self._handle(_request(environ, body))
        if reply.dropped:
            raise _dropped()
        head = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        if reply.left_open:
            half = len(reply.body) // 2 if reply.left_open == "half" else 0
            if half:
                start_response(_status(reply.status), head)
            return _left_open(environ[_SOCKET], reply, half)
        start_response(_status(reply.status), head)
        return [reply.body]


def _dropped() -> ConnectionResetError:
    """Upon this error gevent closes the connection, silently."""
    return ConnectionResetError(errno.ECONNRESET, "dropped")


def _left_open(connection: Any, reply: ApiReply, half: int) -> Iterator[bytes]:
    """The first `half` bytes of an answer. The rest never follows: this ends when the client closes."""
    if half:
        yield reply.body[:half]
    _wait_for_end(connection)
    if reply.on_closed is not None:
        reply.on_closed()
    raise _dropped()


def _wait_for_end(connection: Any) -> None:
    """Returns when the peer has closed the connection, or has sent something over TLS, where nobody can look ahead."""
    gevent_socket.wait_read(connection.fileno())
    with suppress(OSError, ValueError):  # the second for TLS
        while connection.recv(1, socket.MSG_PEEK):
            gevent.sleep(_LOOK_EVERY_S)


def _bounded_body(environ: dict[str, Any]) -> bytes | _BodyError:
    """The whole body, or why it is refused. If Content-Length cannot be parsed, gevent itself answers 400."""
    given = environ["wsgi.input"]
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not (declared.isascii() and declared.isdigit()):
        return _MALFORMED
    if int(declared) > REQUEST_BODY_MAX_BYTES:
        return _TOO_LARGE
    try:
        body: bytes = given.read(REQUEST_BODY_MAX_BYTES + 1)  # a chunked body declares no length
    except (ValueError, OSError):  # the first for a chunk without a size
        given.chunk_length = 0  # nothing is read after it
        return _INCOMPLETE
    return body if len(body) <= REQUEST_BODY_MAX_BYTES else _TOO_LARGE


def _error_text(error: _BodyError, path: str) -> bytes:
    """The error in the format of the API that the path names."""
    if path.startswith(MARKETPLACES):
        return json.dumps({"error": {"code": error.code, "message": error.message}}).encode()
    return json.dumps({"errors": error.message}).encode()


def _request(environ: dict[str, Any], body: bytes) -> ApiRequest:
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    return ApiRequest(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), headers, body)


def _status(code: int) -> str:
    return f"{code} {_REASONS.get(code, 'Status')}"
