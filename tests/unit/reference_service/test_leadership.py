"""One worker leads. The end of its connection gives the lead up, whatever the connection was doing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import pytest

from stockstorm.reference_service.storage.database import Pool, leadership


class Connection:
    """Has the lock; the statement that releases it raises `error`."""

    def __init__(self, error: Exception | None) -> None:
        self.error, self.terminated = error, False

    def add_termination_listener(self, _: object) -> None: ...

    async def fetchval(self, query: str, *_: object) -> bool:
        if "unlock" in query and self.error is not None:
            raise self.error
        return True

    def terminate(self) -> None:
        self.terminated = True


class OnePool:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        yield self._connection


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("error", "terminated"),
    [
        (None, False),
        (ConnectionResetError("lost"), True),
        (asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"), True),
    ],
    ids=["released", "lost", "in the middle of an operation"],
)
async def test_the_lead_is_given_up_without_an_error(error: Exception | None, terminated: bool) -> None:
    connection = Connection(error)
    async with leadership(cast(Pool, OnePool(connection))) as lost:
        assert not lost.is_set()
    assert connection.terminated is terminated
