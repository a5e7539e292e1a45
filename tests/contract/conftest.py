"""Scripted servers and senders for the behaviour suite of the senders. Each test closes its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contract.scripted_server import Script, Server
from tests.contract.sending import Sending


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """A function that starts a scripted server."""
    servers: list[Server] = []

    def start(script: Script, **options: Any) -> Server:
        servers.append(Server(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def sending() -> Iterator[Callable[..., Sending]]:
    """A function that makes a sender."""
    made: list[Sending] = []

    def make(port: int, **options: Any) -> Sending:
        made.append(Sending(port, **options))
        return made[-1]

    yield make
    for one in made:
        one.pool.close(0.0)
