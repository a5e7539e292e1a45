"""What one connection, one address and all of them together may take from a process that faces the internet.

uvicorn bounds neither a request's head nor the time for it, and its `limit_concurrency` keeps refused connections open:

- A head has at most HEAD_BYTES_MAX bytes in HEADERS_MAX lines (431). Trailers of a chunked body count too, and so do
  bytes that yield nothing, such as one endless value.
- Every state of a connection has a deadline: the head, the body, the answer, the pause between two requests.
- When all are taken, the one that has been idle for longest (between two requests, or without a whole head) is closed
  for a new one, so that half-open ones do not lock out Shopify. Over another limit, the answer is 503 and the end.
"""

import asyncio
import ipaddress
import logging
from collections import Counter
from typing import Literal, NoReturn

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from stockstorm.reference_service import limits, metrics

Reason = Literal["malformed", "head_too_large", "too_many_pipelined", "too_slow", "too_many_connections", "idle"]
State = Literal["head", "body", "answer", "pause"]  # what the connection waits for
DEADLINES_S: dict[State, float] = {
    "head": limits.HEAD_TIMEOUT_S,
    "body": limits.BODY_TIMEOUT_S,
    "answer": limits.ANSWER_TIMEOUT_S,
    "pause": limits.PAUSE_TIMEOUT_S,
}
STATUSES: dict[Reason, int] = {
    "malformed": 400,
    "head_too_large": 431,
    "too_many_pipelined": 400,
    "too_slow": 408,
    "too_many_connections": 503,
    "idle": 408,
}
IDLE: frozenset[State] = frozenset({"head", "pause"})
LINE_BYTES = len(b": \r\n")  # of a header line besides name and value
NETWORK_BITS = 64  # of an IPv6 address: one customer has all addresses of such a network

log = logging.getLogger(__name__)


class RefusedRequest(Exception):
    """Raised inside the parser to stop it."""


class ConnectionLimits(msgspec.Struct, frozen=True):
    """The most open connections, of all clients together and of one address."""

    total: int
    per_address: int


class Connections:
    """The open connections of one server."""

    def __init__(self, allowed: ConnectionLimits) -> None:
        self._allowed = allowed
        self._open: dict[BoundedProtocol, str] = {}
        self._by_address: Counter[str] = Counter()
        self._idle: dict[BoundedProtocol, None] = {}  # the one that has been idle for longest comes first

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: "BoundedProtocol", address: str) -> bool:
        """Counts a new connection. False if it is over a limit; it is not counted then."""
        if self._by_address[address] >= self._allowed.per_address:
            return False
        if len(self._open) >= self._allowed.total and not self._make_room():
            return False
        self._open[connection] = address
        self._by_address[address] += 1
        self._idle[connection] = None
        return True

    def _make_room(self) -> bool:
        """Closes the connection that has been idle for longest. False if none is idle."""
        oldest = next(iter(self._idle), None)
        if oldest is None:
            return False
        self.release(oldest)
        oldest.evict()
        return True

    def idle(self, connection: "BoundedProtocol") -> None:
        """The connection has begun to wait for its client."""
        self._idle.pop(connection, None)
        if connection in self._open:
            self._idle[connection] = None

    def busy(self, connection: "BoundedProtocol") -> None:
        """The connection has a whole head, and owes an answer."""
        self._idle.pop(connection, None)

    def release(self, connection: "BoundedProtocol") -> None:
        """The connection is closed."""
        self._idle.pop(connection, None)
        address = self._open.pop(connection, None)
        if address is None:
            return
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def close_overdue(self, now_s: float) -> None:
        """Closes the connections whose deadline has passed. `now_s`: the time of the event loop."""
        overdue = [connection for connection in self._open if connection.deadline_s <= now_s]
        for connection in overdue:
            connection.give_up()


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's connection with the bounds of this module. `bounded_by` makes the class for one server."""

    open_connections: Connections

    deadline_s = float("inf")  # on the clock of the event loop
    _state: State = "head"
    _entered = _idle = False  # the state has changed and its deadline is not set; the client is waited for
    _in_request = False  # a request has begun and is not complete
    _silent_bytes = 0  # since a request began or its body last grew, in pieces that came whole
    _refused_for: Reason = "malformed"  # if the parser stops
    _running: RequestResponseCycle | None = None  # the request at work; `cycle` is the last one read

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._enter("head")
        self._settle()
        if not self.open_connections.admit(self, network_of(self.client[0] if self.client else "")):
            self._refuse("too_many_connections")

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.release(self)
        self._disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser piece by piece, so that it holds no more than a few pieces. There are no upgrades."""
        self._unset_keepalive_if_required()
        for start in range(0, len(data), limits.HEAD_BYTES_MAX):
            if self.transport.is_closing():
                return
            piece = data[start : start + limits.HEAD_BYTES_MAX]
            self._silent_bytes += len(piece)
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserError:
                self._refuse(self._refused_for)
            except httptools.HttpParserUpgrade:
                continue  # answered like any other request
            else:
                if self._silent_bytes > limits.HEAD_BYTES_MAX or (self._in_request and self._head_is_too_large()):
                    self._refuse("head_too_large")
            if self._entered:
                self._settle()

    def on_message_begin(self) -> None:
        self._silent_bytes, self._in_request = 0, True
        self._enter("head")
        super().on_message_begin()

    # There is no `on_header`: a call in Python for each line would cost more than everything else here.

    def on_headers_complete(self) -> None:
        if self._head_is_too_large():
            self._stop_parser("head_too_large")
        if len(self.pipeline) >= limits.PIPELINED_MAX:
            self._stop_parser("too_many_pipelined")
        self._silent_bytes = 0
        super().on_headers_complete()
        self._enter("body")
        if not self.pipeline:
            self._running = self.cycle

    def on_body(self, body: bytes) -> None:
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if len(self.headers) > limits.HEADERS_MAX:
            self._stop_parser("head_too_large")
        self._silent_bytes, self._in_request = 0, False
        super().on_message_complete()
        self._enter("pause" if self.cycle.response_complete else "answer")

    def on_response_complete(self) -> None:
        if self._state == "answer":  # otherwise the rest of the body, or the next head, is still to come
            self._enter("answer" if self.pipeline else "pause")
            self._settle()
        if self.pipeline:
            self._running = self.pipeline[-1][0]
        super().on_response_complete()

    def give_up(self) -> None:
        """The deadline has passed."""
        if self.transport.is_closing() or self._state == "answer":
            self._disconnect()
            self.transport.abort()  # the client does not read what was sent, so nothing more can be sent
        elif self._state == "pause" or not self._has_begun():
            self.transport.close()
        else:
            self._refuse("too_slow")

    def evict(self) -> None:
        """A new connection takes the place of this idle one."""
        if self._has_begun():
            self._refuse("idle")
        else:
            self.transport.close()

    def _enter(self, state: State) -> None:
        self._state = state
        self._entered = True

    def _settle(self) -> None:
        """Sets the deadline of the last state that was entered. A request that comes in one piece passes three."""
        self._entered = False
        self.deadline_s = self.loop.time() + DEADLINES_S[self._state]
        # One that owes the answer to an earlier request is not idle.
        idle = self._state in IDLE and (not self.cycle or self.cycle.response_complete)
        if idle:
            self.open_connections.idle(self)
        elif self._idle:
            self.open_connections.busy(self)
        self._idle = idle

    def _has_begun(self) -> bool:
        return self._in_request or self._silent_bytes > 0

    def _head_is_too_large(self) -> bool:
        """Whether the lines read so far are. `headers` also holds the trailers of a chunked body."""
        if len(self.headers) > limits.HEADERS_MAX:
            return True
        if not self._silent_bytes:  # all of them came in one piece
            return False
        size = len(self.url) + LINE_BYTES * len(self.headers)
        for name, value in self.headers:
            size += len(name) + len(value)
        return size > limits.HEAD_BYTES_MAX

    def _stop_parser(self, reason: Reason) -> NoReturn:
        self._refused_for = reason
        raise RefusedRequest(reason)

    def _refuse(self, reason: Reason) -> None:
        """Counts and logs the refusal, answers unless another answer is under way, and closes the connection."""
        metrics.REQUESTS_REFUSED.labels(reason).inc()
        log.warning(f"request refused: {reason}")  # few texts, and lines are sampled by their text
        if self._may_answer():
            self.transport.write(ANSWERS[reason])
        self._disconnect()
        self.transport.close()

    def _disconnect(self) -> None:
        """The request at work learns that nobody waits for its answer. A write to a closed transport would fail."""
        if self._running is not None:
            self._running.disconnected = True
            self._running.message_event.set()

    def _may_answer(self) -> bool:
        """Whether no other answer is under way or was given to this request."""
        if not self.cycle:  # None before the first request
            return True
        if self._state == "body":
            return not self.cycle.response_started and not self.pipeline
        return bool(self.cycle.response_complete)


def bounded_by(connections: Connections) -> type[BoundedProtocol]:
    """The protocol of one server, whose open connections are in `connections`."""
    return type("BoundedProtocolOfServer", (BoundedProtocol,), {"open_connections": connections})


def network_of(address: str) -> str:
    """The address that is counted: of IPv6 its network, and of an IPv4 address in IPv6 the IPv4 address."""
    if ":" not in address:
        return address
    parsed = ipaddress.IPv6Address(address)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return parsed.packed[: NETWORK_BITS // 8].hex(":", 2)


def _answer(reason: Reason) -> bytes:
    body = reason.replace("_", " ").encode()
    head = f"content-type: text/plain\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return STATUS_LINE[STATUSES[reason]] + head.encode() + body


ANSWERS = {reason: _answer(reason) for reason in STATUSES}
