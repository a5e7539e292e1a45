"""Keep-alive HTTP/1.1 on gevent sockets: a pool that grows as far as the open model needs.

An attempt goes to an idle connection, else to a new one at once, else, at the limit, into a queue. Nothing waits while
there is room, and nothing is dropped. Greenlets host the connections, but `submit` writes to a kept-alive one directly;
see `connection`.
"""

import ssl
from collections import deque
from collections.abc import Callable

import gevent

from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.io.senders.connection import Connection, RetiredError, Shared
from stockstorm.simulator.io.senders.idle import IdleConnections
from stockstorm.simulator.io.senders.resolver import Resolver
from stockstorm.simulator.io.senders.wire import Connector, key_of
from stockstorm.simulator.limits import ANSWER_TIMEOUT_NS, CONNECT_TIMEOUT_NS, CONNECTION_IDLE_MAX_NS

SWEEP_S = 0.05


class ConnectionPool:
    """A `Sender`. `on_answer` is called once for each attempt, in a connection's greenlet; it must not raise or wait.

    `limit` bounds the connections. `spawn(serve)` is called for each further one and must cause a call of `serve`.
    """

    def __init__(
        self,
        clock: Clock,
        on_answer: Callable[[Outgoing, Answer], None],
        limit: int,
        *,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        connect_limit_ns: int = CONNECT_TIMEOUT_NS,
        answer_limit_ns: int = ANSWER_TIMEOUT_NS,
        idle_limit_ns: int = CONNECTION_IDLE_MAX_NS,
    ) -> None:
        self.spawn: Callable[[Callable[[], None]], object] = gevent.spawn
        self.connections_max = limit
        self._connector = Connector(clock, resolver or Resolver(), tls, connect_limit_ns)
        self._shared = Shared(clock, self._connector, on_answer, answer_limit_ns)
        self._idle_limit_ns = idle_limit_ns
        self._idle: IdleConnections[Connection] = IdleConnections()
        self._hosts: dict[Connection, None] = {}
        self._coming = 0  # hosts that were spawned and have not started
        self._waiting: deque[tuple[Outgoing, bool]] = deque()  # with: was the pool at its limit?
        self._sweeper: gevent.Greenlet | None = None
        self._closing = False

    @property
    def waiting(self) -> int:
        """Attempts queued until a connection is free."""
        return len(self._waiting)

    @property
    def connections(self) -> int:
        """Connections that are open or being opened."""
        return self._connector.count

    @property
    def connections_peak(self) -> int:
        """The most connections there were at one time."""
        return self._connector.peak

    def submit(self, outgoing: Outgoing) -> None:
        """Starts an attempt that is due: at once where a connection is idle or may be added, else in turn."""
        if self._closing:
            raise RuntimeError("submit after close: stop the dispatcher first")
        address = outgoing.address
        connection = self._idle.take((address.host, address.port, address.tls)) or self._unconnected()
        if connection is not None:
            if not connection.begin(outgoing, outgoing.due_ns):
                connection.wake()
            return
        grow = self._may_grow()
        self._waiting.append((outgoing, not grow))
        if grow:
            self._coming += 1
            self.spawn(self.serve)

    def _unconnected(self) -> Connection | None:
        connection = self._idle.take_unconnected()
        if connection is None and not self._may_grow():
            return self._idle.take_from_another_peer()
        return connection

    def _may_grow(self) -> bool:
        return len(self._hosts) + self._coming < self.connections_max

    def serve(self) -> None:
        """Hosts one connection in the calling greenlet until the pool closes."""
        self._coming = max(0, self._coming - 1)
        if self._closing:
            return
        if self._sweeper is None:
            self._sweeper = gevent.spawn(self._sweep)
        connection = Connection(self._shared)
        self._hosts[connection] = None
        try:
            while self._assign(connection):
                connection.work()
        except RetiredError:
            pass
        finally:
            connection.end()
            del self._hosts[connection]
            self._idle.remove(connection)

    def _assign(self, connection: Connection) -> bool:
        """Gives a free host its next attempt, waiting for one if need be. False when the pool closes."""
        if self._closing:
            return False
        if self._waiting:
            outgoing, at_limit = self._waiting.popleft()
            if connection.key != key_of(outgoing.address) or not connection.usable():
                connection.drop()
            free_ns = max(outgoing.due_ns, connection.idle_since_ns) if at_limit else outgoing.due_ns
            connection.begin(outgoing, free_ns)
            return True
        self._idle.add(connection)
        while not connection.park():
            self._idle.closed_by_peer(connection)
        return not self._closing

    def close(self, timeout: float) -> int:
        """Waits up to `timeout` seconds for what is in flight or queued, then ends every `serve`.

        Returns how many attempts were left without an answer. Their deliveries are pending; `on_answer` is not called.
        """
        clock = self._shared.clock
        until_ns = clock() + round(timeout * SECOND_NS)
        while (self._waiting or self._coming or self._busy()) and clock() < until_ns:
            gevent.sleep(0.005)
        self._closing = True
        left = len(self._waiting) + self._busy()
        self._waiting.clear()
        self._shared.on_answer = _ignore
        if self._sweeper is not None:
            self._sweeper.kill()
        gevent.sleep(0)  # pending wakes run first, so that none hits a greenlet that has ended
        for connection in list(self._hosts):
            connection.retire()
        while self._hosts:
            gevent.sleep(0)
        return left

    def _busy(self) -> int:
        return sum(connection.busy for connection in self._hosts)

    def _sweep(self) -> None:
        """Ends attempts whose time is up and closes connections that were idle too long."""
        while True:
            gevent.sleep(min(SWEEP_S, self._shared.answer_limit_ns / SECOND_NS / 10))
            now_ns = self._shared.clock()
            self._expire(now_ns)
            self._idle.close_older(now_ns - self._idle_limit_ns)

    def _expire(self, now_ns: int) -> None:
        in_flight = self._shared.in_flight
        late = []
        for connection in in_flight:
            if connection.deadline_ns > now_ns:
                break
            late.append(connection)
        for connection in late:
            del in_flight[connection]
            connection.expire()


def _ignore(_outgoing: Outgoing, _answer: Answer) -> None:
    """Answers that come while the pool closes are not reported."""
