"""A PostgreSQL server that accepts connections and then says nothing, or something else."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from stockstorm.loadtests.backing.postgres import server
from stockstorm.loadtests.backing.postgres.server import create_database, database_work
from stockstorm.simulator.errors import BackingError

GREETING = (
    struct.pack("!cII", b"R", 8, 0)  # AuthenticationOk
    + struct.pack("!cI", b"S", 4 + 20) + b"server_version\x0016.0\x00"
    + struct.pack("!cIc", b"Z", 5, b"I")  # ReadyForQuery
)  # fmt: skip
Talk = Callable[[socket.socket], None]


@contextmanager
def server_of(talk: Talk) -> Iterator[str]:
    """The URL of a server that refuses TLS, and then talks so to each client."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, suppress(OSError):
                    client.recv(8)  # SSLRequest
                    client.sendall(b"N")
                    client.recv(1_000)
                    talk(client)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"postgresql://user:secret@127.0.0.1:{listener.getsockname()[1]}/shop"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def silent(client: socket.socket) -> None:
    client.sendall(GREETING)
    while client.recv(1_000):
        pass


def foreign(client: socket.socket) -> None:
    client.sendall(GREETING + b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)
    while client.recv(1_000):
        pass


@pytest.mark.parametrize("talk", [silent, foreign])
def test_a_server_that_does_not_work_is_told_and_not_waited_for(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had been waited for without an end, until the run's supervisor took the orchestrator for hung."""
    monkeypatch.setattr(server, "SESSION_TIMEOUT_S", 0.3)
    monkeypatch.setattr(server, "CLOSE_TIMEOUT_S", 0.1)
    monkeypatch.setattr(server, "WORK_TIMEOUT_S", 0.3)
    with server_of(talk) as url:
        with pytest.raises(BackingError, match=r"PostgreSQL at 127.0.0.1:\d+/shop: ") as raised:
            create_database(url, "run")
        assert "secret" not in str(raised.value)
        assert database_work(url) is None
