"""Requests that share calls to a broker, and what each of them is told."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import (
    Message,
)
from stockstorm.reference_service.queues.batching_sender import BatchingSender
from stockstorm.reference_service.queues.broker import BrokerGone, Received, SendLimits, Wrapped
from stockstorm.reference_service.queues.group_commit import InboxFull
from stockstorm.reference_service.storage.database import StoreUnavailable


def message(webhook_id: str) -> Message:
    return Message(WorkType.STOCK, "shopify", webhook_id, "inventory_levels/update", None, 1, b"{}")


class Scripted:
    """A broker that only takes; `refuses` are ids of single failures."""

    send_limits = SendLimits(entries_max=3, bytes_max=1_000, calls_max=2)
    deliveries_max = 5

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.refuses: set[str] = set()
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def check(self) -> None:
        """Nothing to learn."""

    def wrap(self, message: Message) -> Wrapped:
        if message.webhook_id == "huge":
            raise ValueError("too large")
        return Wrapped(message.webhook_id, 400 if message.webhook_id.startswith("big") else 10)

    async def send(self, batch: Sequence[Any]) -> Sequence[str]:
        self.calls.append(list(batch))
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return ["refused" if entry in self.refuses else "" for entry in batch]

    async def receive(self) -> AsyncIterator[Sequence[Received]]:
        for _ in ():
            yield []

    async def delete(self, handles: Iterable[str]) -> None:
        """Never asked for."""

    async def release(self, handles: Iterable[str], delay_s: float) -> None:
        """Never asked for."""


async def put_all(inbox: BatchingSender, *names: str) -> list[BaseException | None]:
    return await asyncio.gather(*(inbox.put(message(name)) for name in names), return_exceptions=True)


@pytest.mark.asyncio
async def test_the_first_goes_at_once_and_the_others_share_calls() -> None:
    broker = Scripted()
    assert await put_all(BatchingSender(broker), "a", "b", "c", "d", "e") == [None] * 5
    assert broker.calls == [["a"], ["b", "c", "d"], ["e"]]


@pytest.mark.asyncio
async def test_a_call_stays_within_its_bytes() -> None:
    broker = Scripted()
    await put_all(BatchingSender(broker), "a", "big1", "big2", "big3")
    assert broker.calls == [["a"], ["big1", "big2"], ["big3"]]


@pytest.mark.asyncio
async def test_no_more_calls_are_under_way_than_allowed() -> None:
    broker = Scripted()
    broker.gate.clear()
    putting = asyncio.create_task(put_all(BatchingSender(broker), *"abcdefghij"))
    await asyncio.sleep(0.05)
    assert broker.calls == [["a"], ["b", "c", "d"]]
    broker.gate.set()
    await putting
    assert sorted(name for call in broker.calls for name in call) == list("abcdefghij")


@pytest.mark.asyncio
async def test_single_failures_are_told_to_their_own_requests_only() -> None:
    broker = Scripted()
    broker.refuses = {"c"}
    answers = await put_all(BatchingSender(broker), "a", "b", "c", "d")
    assert [type(answer) for answer in answers] == [type(None), type(None), StoreUnavailable, type(None)]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("failure", "reason"), [(BrokerGone("away"), "away"), (ZeroDivisionError("zero"), "ZeroDivisionError")]
)
async def test_a_broker_that_fails_acknowledges_nothing(failure: Exception, reason: str) -> None:
    broker = Scripted()
    broker.failure = failure
    answers = await put_all(BatchingSender(broker), "a", "b")
    assert [(type(answer), str(answer)) for answer in answers] == [(StoreUnavailable, reason)] * 2


@pytest.mark.asyncio
async def test_an_answer_that_comes_too_late_for_the_sender_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STORE_TIMEOUT_S", 0.02)
    broker = Scripted()
    broker.gate.clear()
    with pytest.raises(StoreUnavailable, match="in time"):
        await BatchingSender(broker).put(message("a"))


@pytest.mark.asyncio
async def test_what_the_broker_never_takes_is_refused_without_a_call() -> None:
    broker = Scripted()
    with pytest.raises(StoreUnavailable, match="too large"):
        await BatchingSender(broker).put(message("huge"))
    assert broker.calls == []


@pytest.mark.asyncio
async def test_it_refuses_rather_than_let_the_waiting_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAITING_EVENTS_MAX", 2)
    answers = await put_all(BatchingSender(Scripted()), "a", "b", "c", "d")
    assert [type(answer) for answer in answers] == [type(None), type(None), type(None), InboxFull]


@pytest.mark.asyncio
async def test_a_clean_end_sends_what_waits() -> None:
    broker = Scripted()
    inbox = BatchingSender(broker)
    putting = asyncio.create_task(put_all(inbox, "a", "b"))
    await asyncio.sleep(0.01)
    await inbox.drain()
    assert await putting == [None, None]
