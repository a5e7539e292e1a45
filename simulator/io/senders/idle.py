"""The idle connections of a pool: which one serves the next attempt, and which ones are closed for their age.

The connection used last is taken first, so that spare ones grow old and are closed.
"""

from typing import Generic, Protocol, TypeVar

from stockstorm.simulator.io.senders.wire import Key


class Reusable(Protocol):
    """What the list needs of a connection. `key` is None without an open socket; `drop` closes the socket."""

    key: Key | None
    idle_since_ns: int

    def usable(self) -> bool: ...

    def drop(self) -> None: ...


Connection = TypeVar("Connection", bound=Reusable)


class IdleConnections(Generic[Connection]):
    """Idle connections by what their open sockets lead to, and those without a socket."""

    def __init__(self) -> None:
        self._connected: dict[Key, dict[Connection, None]] = {}  # each: used last comes last
        self._unconnected: dict[Connection, None] = {}

    def add(self, connection: Connection) -> None:
        """A connection has become idle."""
        if connection.key is None:
            self._unconnected[connection] = None
        else:
            self._connected.setdefault(connection.key, {})[connection] = None

    def take(self, key: Key) -> Connection | None:
        """The connection to this peer that was used last and is still open, or None."""
        connected = self._connected.get(key)
        while connected:
            connection, _ = connected.popitem()
            if connection.usable():
                return connection
            self._unconnected[connection] = None
        return None

    def take_unconnected(self) -> Connection | None:
        """A connection without a socket, or None."""
        return self._unconnected.popitem()[0] if self._unconnected else None

    def take_from_another_peer(self) -> Connection | None:
        """Closes the connection to some peer that was idle longest and gives it, or None."""
        for connected in self._connected.values():
            for connection in connected:
                del connected[connection]
                connection.drop()
                return connection
        return None

    def closed_by_peer(self, connection: Connection) -> None:
        """The socket of an idle connection has been closed by the peer; the connection stays idle."""
        self.remove(connection)
        self._unconnected[connection] = None

    def remove(self, connection: Connection) -> None:
        """The connection has ended. No error if it is not here."""
        for connected in self._connected.values():
            connected.pop(connection, None)
        self._unconnected.pop(connection, None)

    def close_older(self, before_ns: int) -> None:
        """Closes every socket that has been idle since `before_ns` or longer."""
        for connected in self._connected.values():
            old = []
            for connection in connected:
                if connection.idle_since_ns > before_ns:
                    break
                old.append(connection)
            for connection in old:
                del connected[connection]
                connection.drop()
                self._unconnected[connection] = None
