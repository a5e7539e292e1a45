"""The HTTP edge of the played APIs: a WSGI server on gevent that turns requests into values and replies into bytes.

It knows no API but how each words an error; the driver gives it the function that answers. TCP_NODELAY is set on the
listening socket, from which accepted ones inherit it: without it answers wait 40 ms for the peer's acknowledgement (730
requests/s against 8,700).
"""

import json
import socket
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from gevent import socket as gevent_socket
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.errors import BackingError
from stockstorm.simulator.limits import REQUEST_BODY_MAX_BYTES

Handle = Callable[[ApiRequest], ApiReply]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]

MARKETPLACES: Final = "/marketplaces/"
LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 1024
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Payload Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_PLAIN: Final = [("Content-Type", "application/json; charset=utf-8")]


def make_server(host: str, port: int, handle: Handle) -> WSGIServer:
    """A server that is bound but not started. Its `stop(seconds)` waits for its connections, then ends them:
    without the pool gevent would only stop listening, and go on serving what was kept alive.

    Port 0 takes a free one (see its `server_port`), an empty host loopback.

    Raises BackingError when the address cannot be had.
    """
    application = _Application(handle)
    return WSGIServer(_listener(host or LOOPBACK, port), application, log=None, spawn=Pool())


def _listener(host: str, port: int) -> gevent_socket.socket:
    listener = gevent_socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        remedy = "stop what listens there or choose another address; port 0 takes a free one"
        raise BackingError(f"played APIs on {host}:{port}", f"cannot listen: {error}", remedy) from error
    return listener


class _Unread(NamedTuple):
    """Why a body was not read."""

    status: int
    code: str
    message: str


_MALFORMED: Final = _Unread(400, "bad_content_length", "Content-Length is no number of bytes; send digits only")
_TOO_LARGE: Final = _Unread(
    413, "body_too_large", f"The body is too large; send at most {REQUEST_BODY_MAX_BYTES} bytes"
)


class _Application:
    """The WSGI application around the function that answers."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = _bounded_body(environ)
        if isinstance(body, _Unread):
            text = _told(body, environ["PATH_INFO"])
            # The server throws the rest away piece by piece, so that the client comes to read this, and closes.
            start_response(_status(body.status), [*_PLAIN, ("Content-Length", str(len(text))), ("Connection", "close")])
            return [text]
        reply = self._handle(_request(environ, body))
        start_response(_status(reply.status), [*reply.headers, ("Content-Length", str(len(reply.body)))])
        return [reply.body]


def _bounded_body(environ: dict[str, Any]) -> bytes | _Unread:
    """The whole body, or why it is not read to its end. Of a length that is no number at all gevent says 400 itself."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not (declared.isascii() and declared.isdigit()):
        return _MALFORMED
    if int(declared) > REQUEST_BODY_MAX_BYTES:
        return _TOO_LARGE
    body: bytes = environ["wsgi.input"].read(REQUEST_BODY_MAX_BYTES + 1)  # a chunked body declares nothing
    return body if len(body) <= REQUEST_BODY_MAX_BYTES else _TOO_LARGE


def _told(unread: _Unread, path: str) -> bytes:
    """In the shape of the API that was meant."""
    if path.startswith(MARKETPLACES):
        return json.dumps({"error": {"code": unread.code, "message": unread.message}}).encode()
    return json.dumps({"errors": unread.message}).encode()


def _request(environ: dict[str, Any], body: bytes) -> ApiRequest:
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    return ApiRequest(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), headers, body)


def _status(code: int) -> str:
    return f"{code} {_REASONS.get(code, 'Status')}"
