"""A worker's start serves whoever is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.worker import Session, Worker


class Channel:
    """Listings of one marketplace, which takes pushes or is away."""

    def __init__(self, *, away: bool) -> None:
        self._away = away

    def touch(self, _skus: Any) -> None:
        """Nothing to push."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def clean(self) -> None:
        if self._away:
            await asyncio.Event().wait()


class Feed:
    """The orders of one marketplace."""

    def __init__(self, *, away: bool) -> None:
        self._away = away
        self.runs = asyncio.Event()

    async def catch_up(self) -> None:
        if self._away:
            await asyncio.Event().wait()

    async def run(self) -> None:
        self.runs.set()
        await asyncio.Event().wait()


class Parts:
    """The rest, of which nothing is wanted."""

    def __init__(self, channels: dict[str, Channel]) -> None:
        self.channels = channels
        self.writer = self.reader = self.pool = self

    async def replay(self) -> None:
        """No batch is open."""

    async def read_all(self) -> None:
        """No stock."""

    async def fetch(self, *_: Any) -> list[Any]:
        return []


@asynccontextmanager
async def lead() -> AsyncIterator[asyncio.Event]:
    yield asyncio.Event()


async def register() -> None:
    """Registered at once."""


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.asyncio
@pytest.mark.parametrize("continuous", [True, False])
async def test_a_marketplace_that_is_away_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, continuous: bool
) -> None:
    monkeypatch.setattr(limits, "START_PATIENCE_S", 0.02)
    monkeypatch.setattr("stockstorm.reference_service.worker._talk_to_master", lambda _: never())
    parts: Any = Parts({"away": Channel(away=True), "there": Channel(away=False)})
    away, there = Feed(away=True), Feed(away=False)
    session = Session(parts, None, [], [away, there], continuous, register, [never, register])
    worker = Worker(lead, lambda: session)
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(there.runs.wait(), 5)
    assert (worker.ready, away.runs.is_set()) == (True, False)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
