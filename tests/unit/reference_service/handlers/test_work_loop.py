"""Errors of a handler: what the work loop logs and records."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.queues.base import Claim, DeadLetter, Entry, Verdict
from stockstorm.reference_service.storage.database import Connection

SECRET = "zoe@example.org"
ENTRY = Entry(1, 1, "shopify", "orders/create", None, 0, b"{}")


class OneClaim:
    """A source that returns the same entry each time. Also its claim and its connection."""

    connection: Any

    def __init__(self) -> None:
        self.entries = [ENTRY]
        self.connection = self
        self.verdicts: list[Verdict] = []

    @asynccontextmanager
    async def claim(self, work_type: WorkType, limit: int) -> AsyncIterator[Claim]:
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:
        """Not called here."""

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        self.verdicts += verdicts


class QuotingHandler:
    """Fails like the database, with a value in the message."""

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        fields = {"C": "22P02", "M": f'invalid input syntax for type bigint: "{SECRET}"'}
        raise asyncpg.PostgresError.new(fields)


@pytest.mark.asyncio
async def test_neither_logs_nor_dead_letters_quote_values_from_database_errors() -> None:
    source = OneClaim()
    loop = WorkLoop(WorkType.SHOP, source, QuotingHandler(), lambda _: None, random.Random(1), attempts_max=1)
    with capture_logs() as logs:
        await loop.work_once()
    assert source.verdicts == [DeadLetter(ENTRY, "InvalidTextRepresentationError (SQLSTATE 22P02)")]
    assert [line["event"] for line in logs] == ["claim_failed", "dead_letter"]
    assert SECRET not in str(logs)
