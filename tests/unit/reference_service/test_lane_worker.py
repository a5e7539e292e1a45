"""What a lane's worker says about an event that breaks its work."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from reference_service.lane_worker import LaneWorker
from reference_service.lanes import LaneResult
from reference_service.queues import Claim, Connection, DeadLetter, Entry, Verdict
from reference_service.topics import Lane

SECRET = "zoe@example.org"
ENTRY = Entry(1, 1, "shopify", "orders/create", None, 0, b"{}")


class OneClaim:
    """A queue that gives the same entry each time; also the claim and the connection."""

    connection: Any

    def __init__(self) -> None:
        self.entries = [ENTRY]
        self.connection = self
        self.verdicts: list[Verdict] = []

    @asynccontextmanager
    async def claim(self, lane: Lane, limit: int) -> AsyncIterator[Claim]:
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def wait(self, lane: Lane, timeout_s: float) -> None:
        """Never asked for."""

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        self.verdicts += verdicts


class Quoting:
    """Work that fails as the database does, with a value in the message."""

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> LaneResult:
        fields = {"C": "22P02", "M": f'invalid input syntax for type bigint: "{SECRET}"'}
        raise asyncpg.PostgresError.new(fields)


@pytest.mark.asyncio
async def test_neither_logs_nor_dead_letters_quote_what_the_database_could_not_take() -> None:
    queue = OneClaim()
    worker = LaneWorker(Lane.SHOP, queue, Quoting(), lambda _: None, random.Random(1), attempts_max=1)
    with capture_logs() as logs:
        await worker.work_once()
    assert queue.verdicts == [DeadLetter(ENTRY, "InvalidTextRepresentationError (SQLSTATE 22P02)")]
    assert [line["event"] for line in logs] == ["claim_failed", "dead_letter"]
    assert SECRET not in str(logs)
