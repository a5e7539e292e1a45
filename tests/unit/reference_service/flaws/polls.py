"""How the architecture that polls reads the orders of marketplaces."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from stockstorm.reference_service.clients.marketplace import FeedPage
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.polling import polling_feeds
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.queues.base import Entry, Settled, State
from stockstorm.reference_service.seams import Seams
from tests.unit.reference_service.flaws.case import Case

BODY = msgspec.json.encode({"id": "n1", "topic": "order.created", "order": {"order_id": "o"}})


class Poll:
    """What one poll of a marketplace needs, and the steps that it takes."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.pool = self.reader = self.settings = self
        self.poll_interval_s = 1.0
        self.rng, self.admin_lock = random.Random(1), asyncio.Lock()
        self.marketplaces, self.pushers, self.handlers = {"bazaar": self}, {"bazaar": None}, {WorkType.CHANNEL: self}

    def announce(self, _result: WorkResult) -> None:
        """Nobody listens."""

    async def orders_since(self, _cursor: str, _limit: int) -> FeedPage:
        return FeedPage([msgspec.Raw(BODY)], "1")

    async def apply(self, _connection: object, entries: Sequence[Entry]) -> WorkResult:
        self.steps.append("applied")
        return WorkResult([Settled(entry, State.APPLIED) for entry in entries])

    async def read_changed(self, _since_ns: int, _healing: object = None) -> int:
        return 0

    # -- the database

    async def fetchval(self, *_: object) -> None:
        """No cursor is known."""

    async def execute(self, *_: object) -> None:
        self.steps.append("cursor stored")

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Poll"]:
        yield self

    transaction = acquire


async def steps_of_a_poll(seams: Seams) -> list[str]:
    poll = Poll()
    parts: Any = poll

    async def nothing() -> None:
        """The store's own orders."""

    orders, *_ = seams.wrap_feeds(parts, polling_feeds(parts, 1.0, nothing))
    await orders.catch_up()
    return poll.steps[:2]


CASES = (Case("cursor_before_work", steps_of_a_poll, ["applied", "cursor stored"], ["cursor stored", "applied"]),)
