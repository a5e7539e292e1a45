"""One connection: takes attempts one after another, sends, waits, reads the answer, and reports it.

A greenlet, the host, runs each connection for as long as the pool lives. A kept-alive connection is written to from the
submitter's own stack (`begin`), and the host wakes only for the answer. The rarer paths run in the host: connecting, a
full socket buffer. One read watcher stays on per connection, so an attempt needs no set-up
in the event loop, and one periodic sweep of the pool checks every deadline.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from select import POLLIN, poll

import gevent
from gevent import monkey

from stockstorm.simulator.clock import Clock
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.history.facts import AttemptError
from stockstorm.simulator.io.senders.answer import AnswerError, AnswerReader
from stockstorm.simulator.io.senders.wire import READ, WRITE, Connector, Key, Wire, WireError, key_of, wait_for
from stockstorm.simulator.limits import ANSWER_BODY_MAX_BYTES, SAID_ALL, SAID_EVERY

_poll: type[poll] = monkey.get_original("select", "poll")  # the kernel's own: called without waiting


class RetiredError(Exception):
    """Thrown into a host that has to end."""


@dataclass(slots=True)
class Shared:
    """What all connections of one pool have in common."""

    clock: Clock
    connector: Connector
    on_answer: Callable[[Outgoing, Answer], None]
    answer_limit_ns: int
    in_flight: "dict[Connection, None]" = field(default_factory=dict)  # awaiting an answer, oldest first
    refusals: int = 0  # answers so far that were no 2xx

    def keeps_text(self) -> bool:
        """Count an answer that is no 2xx. True if its text is to be kept: of the first all, of the rest a part."""
        self.refusals += 1
        return self.refusals <= SAID_ALL or self.refusals % SAID_EVERY == 0


class Connection:
    """The state of one host. Every wake of its greenlet has exactly one cause."""

    __slots__ = (
        "_clock", "_ended", "_free_ns", "_greenlet", "_hub", "_outgoing", "_peek", "_reader", "_rest",
        "_sent_ns", "_shared", "_started_ns", "_uses", "_watcher", "_wire", "busy", "deadline_ns", "expired",
        "idle_since_ns", "key",
    )  # fmt: skip
    _outgoing: Outgoing  # while busy
    _wire: Wire  # while there is a key

    def __init__(self, shared: Shared) -> None:
        """The calling greenlet becomes the host."""
        self._shared = shared
        self._clock = shared.clock
        self._hub = gevent.get_hub()
        self._greenlet = gevent.getcurrent()
        self._rest = b""  # of the attempt's bytes, those not yet handed to the kernel
        self._ended = False
        self._uses = 0  # answers read from this socket
        self._sent_ns = 0
        self.key: Key | None = None  # what the open socket leads to; None: there is no socket
        self.busy = self.expired = False
        self.idle_since_ns = 0

    # -- called by the pool, from any greenlet ----------------------------------------------------------------------

    def usable(self) -> bool:
        """False when the peer has closed the connection or sent unrequested data; it is dropped then."""
        if not self._peek.poll(0):
            return True
        try:
            self._wire.recv(1)
        except BlockingIOError:  # TLS housekeeping, such as session tickets
            return True
        except OSError:
            pass
        self.drop()
        return False

    def begin(self, outgoing: Outgoing, free_ns: int) -> bool:
        """Starts an attempt. True when all bytes are sent, False when the host has to be woken for the rest."""
        self.busy = True
        self._outgoing = outgoing
        self._free_ns = free_ns
        self._started_ns = started_ns = self._clock()
        self.deadline_ns = started_ns + self._shared.answer_limit_ns
        self._rest = data = outgoing.head + outgoing.body
        if self.key is None:
            return False
        try:
            sent = self._wire.send(data)
        except BlockingIOError:
            return False
        except OSError:  # it was dead before: not a byte of the attempt left, so a new connection takes its place
            self.drop()
            return False
        if sent < len(data):
            self._rest = data[sent:]
            return False
        self._rest = b""
        self._sent_ns = self._clock()
        self._shared.in_flight[self] = None
        return True

    def wake(self) -> None:
        """Lets the host run in the next round of the event loop."""
        if self.key is not None:
            self._watcher.stop()  # one cause for one wake
        self._hub.loop.run_callback(self._greenlet.switch)

    def expire(self) -> None:
        """Ends the attempt in flight as an answer timeout."""
        self.expired = True
        self.wake()

    def drop(self) -> None:
        """Closes the socket. The host lives on and connects again for its next attempt."""
        if self.key is not None:
            self.key = None
            self._watcher.close()
            self._wire.close()
            self._shared.connector.closed()

    def retire(self) -> None:
        """Ends the host in the next round of the event loop, whatever it waits for."""
        self._hub.loop.run_callback(self._throw)

    def _throw(self) -> None:
        if not self._ended:
            self._greenlet.throw(RetiredError)

    # -- called in the host -----------------------------------------------------------------------------------------

    def park(self) -> bool:
        """Waits while idle. True once an attempt was begun here; False when the peer has closed the connection."""
        while True:
            self._hub.switch()
            if self.busy:
                if not self._rest:
                    self._read()
                return True
            if self.key is not None and not self.usable():
                return False

    def work(self) -> None:
        """Continues the attempt until it has ended."""
        while self.busy:
            if self._rest:
                self._carry_over()
            else:
                self._hub.switch()
                self._read()

    def end(self) -> None:
        """The host ends. An attempt that this cuts off is reported as disconnected."""
        self._ended = True
        if self.busy:
            self._fail("disconnected")
        self.drop()

    def _carry_over(self) -> None:
        """Connects where needed and sends what is left, waiting as long as the limits allow."""
        try:
            if self.key is None:
                self._connect()
            self._watcher.stop()
            while self._rest:
                self._send_some()
        except WireError as error:
            self._fail(error.kind)
        except OSError as error:
            self._broken(error)
        else:
            self._sent_ns = self._clock()
            self._watcher.start(self._greenlet.switch)
            self._shared.in_flight[self] = None

    def _send_some(self) -> None:
        try:
            self._rest = self._rest[self._wire.send(self._rest) :]
        except BlockingIOError:
            wait_for(self._wire.fileno(), WRITE, self.deadline_ns, self._clock, "answer_timeout")

    def _connect(self) -> None:
        address = self._outgoing.address
        self._wire = wire = self._shared.connector.open(address, self.deadline_ns)
        self._watcher = self._hub.loop.io(wire.fileno(), READ)
        self._peek = _poll()
        self._peek.register(wire.fileno(), POLLIN)
        self._reader = AnswerReader()
        self._uses = 0
        self.key = key_of(address)

    def _read(self) -> None:
        """Awake with an attempt in flight: the answer, a part of it, the end, or no time left."""
        if self.expired:
            self.expired = False
            self._fail("answer_timeout")
            return
        try:
            data = self._wire.recv(ANSWER_BODY_MAX_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            if not self._reader.received_bytes:
                self._broken(error)
                return
            data = b""
        try:
            if (data and self._reader.feed(data)) or (not data and self._eof()):
                self._answered(data)
        except AnswerError:
            self._fail("protocol")

    def _eof(self) -> bool:
        """EOF: completes some answers, and is a failure otherwise."""
        if self._reader.received_bytes:
            if self._reader.ended():
                return True
            self._fail("disconnected")
        else:
            self._broken(None)
        return False

    def _broken(self, error: OSError | None) -> None:
        """The connection ended without a byte of an answer: by an error, or by the peer's close."""
        if self._uses:
            self._fail("dropped")
        else:
            self._fail("disconnected" if error is None else "reset")

    def _answered(self, last: bytes) -> None:
        now_ns = self._clock()
        if now_ns > self.deadline_ns:
            self._fail("answer_timeout")
            return
        status = self._reader.status
        said = "" if 200 <= status < 300 or not self._shared.keeps_text() else self._reader.said(last)
        self._uses += 1
        if self._reader.keep_alive:
            self._reader.next()
        else:
            self.drop()
        self._end(now_ns, now_ns, status, "", said)

    def _fail(self, error: AttemptError) -> None:
        self.drop()
        self._end(self._clock(), 0, 0, error)

    def _end(self, ended_ns: int, answered_ns: int, status: int, error: AttemptError, said: str = "") -> None:
        outgoing = self._outgoing
        size = len(outgoing.head) + len(outgoing.body)
        answer = Answer(
            started_ns=self._started_ns,
            sent_ns=0 if self._rest else self._sent_ns,
            answered_ns=answered_ns,
            free_ns=self._free_ns,
            ended_ns=ended_ns,
            status=status,
            error=error,
            bytes_sent=size - len(self._rest),
            said=said,
        )
        self._rest = b""
        self.busy = False
        self.idle_since_ns = ended_ns
        self._shared.in_flight.pop(self, None)
        self._shared.on_answer(outgoing, answer)
