"""Requests share calls to a broker, and each gets the result of its own message."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.queues.batching_sender import BatchingSender
from stockstorm.reference_service.queues.broker import BrokerGone, Received, SendLimits, Wrapped
from stockstorm.reference_service.storage.database import StoreUnavailable, StoreUnreachable


def message(webhook_id: str) -> Message:
    return Message(WorkType.STOCK, "shopify", webhook_id, "inventory_levels/update", None, 1, b"{}")


class Scripted:
    """A broker that only accepts messages. `refuses`: ids that it refuses one by one."""

    send_limits = SendLimits(entries_max=3, bytes_max=1_000, calls_max=2)
    deliveries_max = 5

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.refuses: set[str] = set()
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def check(self) -> None:
        """Nothing to check."""

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
        """Never called."""

    async def release(self, handles: Iterable[str], delay_s: float) -> None:
        """Never called."""


async def put_all(inbox: BatchingSender, *names: str) -> list[BaseException | None]:
    return await asyncio.gather(*(inbox.put(message(name)) for name in names), return_exceptions=True)


@pytest.mark.asyncio
async def test_the_first_message_is_sent_at_once_and_the_others_share_calls() -> None:
    broker = Scripted()
    assert await put_all(BatchingSender(broker), "a", "b", "c", "d", "e") == [None] * 5
    assert broker.calls == [["a"], ["b", "c", "d"], ["e"]]


@pytest.mark.asyncio
async def test_a_call_stays_within_its_limit_of_bytes() -> None:
    broker = Scripted()
    await put_all(BatchingSender(broker), "a", "big1", "big2", "big3")
    assert broker.calls == [["a"], ["big1", "big2"], ["big3"]]


@pytest.mark.asyncio
async def test_no_more_calls_are_in_progress_than_allowed() -> None:
    broker = Scripted()
    broker.gate.clear()
    putting = asyncio.create_task(put_all(BatchingSender(broker), *"abcdefghij"))
    await asyncio.sleep(0.05)
    assert broker.calls == [["a"], ["b", "c", "d"]]
    broker.gate.set()
    await putting
    assert sorted(name for call in broker.calls for name in call) == list("abcdefghij")


@pytest.mark.asyncio
async def test_a_refused_message_fails_only_its_own_request() -> None:
    broker = Scripted()
    broker.refuses = {"c"}
    answers = await put_all(BatchingSender(broker), "a", "b", "c", "d")
    assert [type(answer) for answer in answers] == [type(None), type(None), StoreUnavailable, type(None)]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("failure", "kind", "reason"),
    [
        (BrokerGone("away"), StoreUnreachable, "away"),
        (ZeroDivisionError("zero"), StoreUnavailable, "ZeroDivisionError"),
    ],
)
async def test_a_failed_call_acknowledges_none_of_its_messages(
    failure: Exception, kind: type[StoreUnavailable], reason: str
) -> None:
    broker = Scripted()
    broker.failure = failure
    answers = await put_all(BatchingSender(broker), "a", "b")
    assert [(type(answer), str(answer)) for answer in answers] == [(kind, reason)] * 2


@pytest.mark.asyncio
async def test_a_call_that_takes_too_long_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STORE_TIMEOUT_S", 0.02)
    broker = Scripted()
    broker.gate.clear()
    with pytest.raises(StoreUnavailable, match="in time"):
        await BatchingSender(broker).put(message("a"))


@pytest.mark.asyncio
async def test_a_message_that_the_broker_can_never_accept_is_refused_without_a_call() -> None:
    broker = Scripted()
    with pytest.raises(StoreUnavailable, match="too large"):
        await BatchingSender(broker).put(message("huge"))
    assert broker.calls == []


@pytest.mark.asyncio
async def test_messages_over_the_limit_of_waiting_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAITING_EVENTS_MAX", 2)
    answers = await put_all(BatchingSender(Scripted()), "a", "b", "c", "d")
    assert [type(answer) for answer in answers] == [type(None), type(None), type(None), InboxFull]


@pytest.mark.asyncio
async def test_drain_sends_all_waiting_messages() -> None:
    broker = Scripted()
    inbox = BatchingSender(broker)
    putting = asyncio.create_task(put_all(inbox, "a", "b"))
    await asyncio.sleep(0.01)
    await inbox.drain()
    assert await putting == [None, None]
