"""Keep-alive HTTP/1.1 on gevent sockets: a pool of connections that is as large as the open model needs.

An attempt goes to the connection used last (so that spare ones grow old and are closed), else to a new one at once,
else, at the limit, into a queue: nothing waits while there is room, and nothing is dropped. Subtleness ahead: greenlets
host the connections, but a kept-alive one is written to straight from `submit`; see `connection`.
"""

import ssl
from collections import deque
from collections.abc import Callable

import gevent

from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.delivery.attempts import Address, Answer, Outgoing
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.io.senders.connection import Connection, Key, key_of
from stockstorm.simulator.io.senders.resolver import Resolver
from stockstorm.simulator.io.senders.wire import Wire, WireError, connect, secured
from stockstorm.simulator.limits import ANSWER_TIMEOUT_NS, CONNECT_TIMEOUT_NS, CONNECTION_IDLE_MAX_NS

SWEEP_S = 0.05


class ConnectionPool:
    """A `Sender`. `on_answer` is called once for each attempt, in a connection's greenlet; it must not raise or wait.

    `limit` bounds the connections. `spawn(serve)` is called when one more is wanted and must bring about a call of it.
    """

    def __init__(
        self,
        clock: Clock,
        on_answer: Callable[[Outgoing, Answer], None],
        limit: int,
        *,
        book: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        connect_limit_ns: int = CONNECT_TIMEOUT_NS,
        answer_limit_ns: int = ANSWER_TIMEOUT_NS,
        idle_limit_ns: int = CONNECTION_IDLE_MAX_NS,
    ) -> None:
        self.clock = clock
        self.on_answer = on_answer
        self.spawn: Callable[[Callable[[], None]], object] = gevent.spawn
        self.connections_max = limit
        self.connections_peak = 0
        self.answer_limit_ns = answer_limit_ns
        self._connect_limit_ns = connect_limit_ns
        self._idle_limit_ns = idle_limit_ns
        self._book = book or Resolver()
        self._tls = tls
        self.connections = 0  # open or being opened
        self.in_flight: dict[Connection, None] = {}  # awaiting an answer, oldest first; kept by the connections
        self._warm: dict[Key, dict[Connection, None]] = {}  # idle with an open socket, last used last
        self._cold: dict[Connection, None] = {}  # idle hosts without a socket
        self._hosts: dict[Connection, None] = {}
        self._coming = 0  # hosts asked for that have not arrived
        self._waiting: deque[tuple[Outgoing, bool]] = deque()  # with: was the pool at its limit?
        self._sweeper: gevent.Greenlet | None = None
        self._closing = False

    @property
    def waiting(self) -> int:
        """Attempts queued until a connection is free."""
        return len(self._waiting)

    def submit(self, outgoing: Outgoing) -> None:
        """Starts an attempt that is due: at once where a connection is idle or may be added, else in turn."""
        if self._closing:
            raise RuntimeError("submit after close: stop the dispatcher first")
        address = outgoing.address
        warm = self._warm.get((address.host, address.port, address.tls))
        while warm:
            connection, _ = warm.popitem()
            if connection.usable():
                if not connection.begin(outgoing, outgoing.due_ns):
                    connection.wake()
                return
            self._cold[connection] = None
        self._submit_cold(outgoing)

    def _submit_cold(self, outgoing: Outgoing) -> None:
        if self._cold or (len(self._hosts) + self._coming >= self.connections_max and self._cool_one()):
            connection, _ = self._cold.popitem()
            connection.begin(outgoing, outgoing.due_ns)
            connection.wake()
            return
        grow = len(self._hosts) + self._coming < self.connections_max
        self._waiting.append((outgoing, not grow))
        if grow:
            self._coming += 1
            self.spawn(self.serve)

    def _cool_one(self) -> bool:
        """Takes an idle connection from another address, the longest idle first."""
        for warm in self._warm.values():
            for connection in warm:
                del warm[connection]
                connection.drop()
                self._cold[connection] = None
                return True
        return False

    def serve(self) -> None:
        """Hosts one connection in the calling greenlet until the pool closes."""
        self._coming = max(0, self._coming - 1)
        if self._closing:
            return
        if self._sweeper is None:
            self._sweeper = gevent.spawn(self._sweep)
        connection = Connection(self)
        self._hosts[connection] = None
        try:
            connection.run()
        finally:
            del self._hosts[connection]
            self._forget(connection)

    def close(self, timeout: float) -> int:
        """Waits up to `timeout` seconds for what is in flight or queued, then ends every `serve`.

        Returns how many attempts were left without an answer: their deliveries are pending, no answer is made up.
        """
        until_ns = self.clock() + round(timeout * SECOND_NS)
        while (self._waiting or self._coming or self._busy()) and self.clock() < until_ns:
            gevent.sleep(0.005)
        self._closing = True
        left = len(self._waiting) + self._busy()
        self._waiting.clear()
        self.on_answer = _unheard
        if self._sweeper is not None:
            self._sweeper.kill()
        gevent.sleep(0)  # wakes that are on their way come first, so that none hits a greenlet that has left
        for connection in list(self._hosts):
            connection.retire()
        while self._hosts:
            gevent.sleep(0)
        return left

    def _busy(self) -> int:
        return sum(connection.busy for connection in self._hosts)

    # -- for the connections ------------------------------------------------------------------------------------------

    def next(self, connection: Connection) -> bool:
        """Gives a free host its next attempt, waiting for one if need be; False when the pool closes."""
        if self._closing:
            return False
        if self._waiting:
            outgoing, at_limit = self._waiting.popleft()
            if connection.key != key_of(outgoing.address) or not connection.usable():
                connection.drop()
            free_ns = max(outgoing.due_ns, connection.idle_since_ns) if at_limit else outgoing.due_ns
            connection.begin(outgoing, free_ns)
            return True
        if connection.key is None:
            self._cold[connection] = None
        else:
            self._warm.setdefault(connection.key, {})[connection] = None
        connection.park()
        return not self._closing

    def cooled(self, connection: Connection) -> None:
        """An idle connection was closed by its peer."""
        self._forget(connection)
        self._cold[connection] = None

    def _forget(self, connection: Connection) -> None:
        for warm in self._warm.values():
            warm.pop(connection, None)
        self._cold.pop(connection, None)

    def connect(self, address: Address, deadline_ns: int) -> Wire:
        """A new connection. Raises WireError."""
        self.connections_peak = max(self.connections_peak, self.connections)
        until_ns = min(deadline_ns, self.clock() + self._connect_limit_ns)
        try:
            endpoints = self._book.endpoints(address.host, address.port)
        except SubjectError as error:
            raise WireError("connect_refused") from error
        wire, endpoint = connect(endpoints, until_ns, self.clock)
        if endpoint != endpoints[0]:
            self._book.prefer(address.host, address.port, endpoint)
        if not address.tls:
            return wire
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return secured(wire, self._tls, address.host, deadline_ns, self.clock)

    def _sweep(self) -> None:
        """Ends attempts whose time is up and closes connections that were idle too long."""
        while True:
            gevent.sleep(min(SWEEP_S, self.answer_limit_ns / SECOND_NS / 10))
            now_ns = self.clock()
            late = []
            for connection in self.in_flight:
                if connection.deadline_ns > now_ns:
                    break
                late.append(connection)
            for connection in late:
                del self.in_flight[connection]
                connection.expired = True
                connection.wake()
            for warm in self._warm.values():
                self._cool_old(warm, now_ns - self._idle_limit_ns)

    def _cool_old(self, warm: dict[Connection, None], before_ns: int) -> None:
        old = []
        for connection in warm:
            if connection.idle_since_ns > before_ns:
                break
            old.append(connection)
        for connection in old:
            del warm[connection]
            connection.drop()
            self._cold[connection] = None


def _unheard(_outgoing: Outgoing, _answer: Answer) -> None:
    """Answers that come while the pool closes count as not come."""
