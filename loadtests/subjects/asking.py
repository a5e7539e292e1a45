"""HTTP requests to a subject whose whole answer is bounded, in time and in bytes.

httpx bounds each read alone: an answer of one byte a second, or one without an end, would hold the run for ever. The
environment's proxies are not used, as those who send webhooks do not use them.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpcore
import httpx

UNREAD_MAX_BYTES: Final = 1_000_000  # of an answer of which only status and headers count
ENCODINGS: Final = "gzip, deflate"
HTTP: Final = "http:"
_ONE_ENCODING: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


class Client(httpx.Client):
    """For one request at a time. Each has `within_s` from its first byte to the last of its answer.

    Certificates take 30 ms of CPU to load, and only HTTPS needs them.
    """

    def __init__(self, within_s: float, *, verify: ssl.SSLContext | bool = True, base_url: str = "") -> None:
        transport = _Transport(within_s, False if base_url.startswith(HTTP) else verify)
        super().__init__(
            base_url=base_url, timeout=within_s, transport=transport, headers={"Accept-Encoding": ENCODINGS}
        )


def body_of(answer: httpx.Response, most: int) -> bytes:
    """The body of a streamed answer. Raises httpx.HTTPError, and ValueError when it has more bytes, or is a bomb."""
    if (encoding := answer.headers.get("Content-Encoding", "").strip().lower()) not in _ONE_ENCODING:
        raise ValueError(f"its Content-Encoding is {encoding[:100]!r}; send it plain, or in gzip once")
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > most:
            raise ValueError(f"more than {most:,} bytes in one answer")
    return bytes(body)


def asked(
    method: str,
    url: str,
    within_s: float,
    *,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    verify: ssl.SSLContext | bool = True,
) -> httpx.Response:
    """The answer without its body, which is read to its end or to a limit. Raises httpx.HTTPError."""
    left = UNREAD_MAX_BYTES
    with (
        Client(within_s, verify=verify, base_url=url) as client,
        client.stream(method, url, content=content, headers=headers) as got,
    ):
        for piece in got.iter_raw():
            left -= len(piece)
            if left < 0:
                break
    return got


class _Deadline:
    """The end of the request under way."""

    def __init__(self, within_s: float) -> None:
        self._within_s, self._end_s = within_s, 0.0

    def begin(self) -> None:
        self._end_s = time.monotonic() + self._within_s

    def left(self) -> float:
        """Raises the error of a read that took too long."""
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout(f"no whole answer within {self._within_s:g} s")
        return left_s


class _Transport(httpx.HTTPTransport):
    def __init__(self, within_s: float, verify: ssl.SSLContext | bool) -> None:
        context = httpx.create_ssl_context(verify=verify)
        super().__init__(verify=context)
        self._deadline = _Deadline(within_s)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_Backend(self._deadline))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._deadline.begin()
        return super().handle_request(request)


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left_s = self._deadline.left()
        connected = super().connect_tcp(host, port, min(timeout or left_s, left_s), local_address, socket_options)
        return _Stream(connected, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection, each of whose reads ends with the request."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline stands for it
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as above
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # Any: as httpcore declares it
        return self._stream.get_extra_info(info)
