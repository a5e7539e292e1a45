"""Requests share a commit, and all of them fail if it fails."""

import asyncio
from collections.abc import Sequence

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.queues.group_commit import GroupCommit
from stockstorm.reference_service.storage.database import StoreUnavailable


def message(webhook_id: str) -> Message:
    return Message(WorkType.STOCK, "shopify", webhook_id, "inventory_levels/update", None, 1, b"{}")


class Store:
    """Records batches. The first `fails` batches raise `failure`."""

    def __init__(self, fails: int = 0, failure: Exception | None = None) -> None:
        self.batches: list[list[str]] = []
        self.fails = fails
        self.failure = failure or StoreUnavailable("gone")
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, messages: Sequence[Message]) -> int:
        await self.gate.wait()
        if self.fails:
            self.fails -= 1
            raise self.failure
        self.batches.append([m.webhook_id for m in messages])
        return len(messages)


@pytest.mark.asyncio
async def test_requests_that_arrive_during_a_commit_share_the_next_one() -> None:
    store = Store()
    inbox = GroupCommit(store)
    running = asyncio.create_task(inbox.run())
    store.gate.clear()
    puts = [asyncio.create_task(inbox.put(message("first")))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    puts += [asyncio.create_task(inbox.put(message(f"w{n}"))) for n in range(5)]
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(*puts)
    running.cancel()
    assert store.batches == [["first"], ["w0", "w1", "w2", "w3", "w4"]]


@pytest.mark.asyncio
async def test_no_request_is_answered_before_the_commit() -> None:
    store = Store()
    store.gate.clear()
    inbox = GroupCommit(store)
    running = asyncio.create_task(inbox.run())
    put = asyncio.create_task(inbox.put(message("w")))
    await asyncio.sleep(0.02)
    assert not put.done()
    store.gate.set()
    await put
    running.cancel()


@pytest.mark.asyncio
async def test_a_webhook_twice_in_one_batch_is_stored_once_and_both_are_answered() -> None:
    store = Store()
    inbox = GroupCommit(store)
    puts = [asyncio.create_task(inbox.put(message(name))) for name in ("a", "b", "a")]
    await asyncio.sleep(0)
    await inbox.drain()
    await asyncio.gather(*puts)
    assert [sorted(batch) for batch in store.batches] == [["a", "b"]]


@pytest.mark.asyncio
async def test_a_failed_commit_fails_its_own_requests_only() -> None:
    inbox = GroupCommit(Store(fails=1))
    running = asyncio.create_task(inbox.run())
    with pytest.raises(StoreUnavailable):
        await inbox.put(message("a"))
    await inbox.put(message("b"))
    running.cancel()


@pytest.mark.asyncio
async def test_an_unexpected_error_fails_its_own_requests_only() -> None:
    inbox = GroupCommit(Store(fails=1, failure=KeyError("a value")))
    running = asyncio.create_task(inbox.run())
    async with asyncio.timeout(2.0):
        with pytest.raises(StoreUnavailable, match=r"^KeyError$"):
            await inbox.put(message("a"))
        await inbox.put(message("b"))
    assert not running.done()
    running.cancel()


@pytest.mark.asyncio
async def test_a_cancelled_commit_fails_its_requests() -> None:
    store = Store()
    store.gate.clear()
    inbox = GroupCommit(store)
    running = asyncio.create_task(inbox.run())
    put = asyncio.create_task(inbox.put(message("a")))
    await asyncio.sleep(0.01)
    running.cancel()
    async with asyncio.timeout(2.0):
        with pytest.raises(StoreUnavailable):
            await put
    assert store.batches == []


@pytest.mark.asyncio
async def test_messages_over_the_limit_of_waiting_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAITING_EVENTS_MAX", 1)
    inbox = GroupCommit(Store())
    waiting = asyncio.create_task(inbox.put(message("a")))
    await asyncio.sleep(0)
    with pytest.raises(InboxFull):
        await inbox.put(message("b"))
    await inbox.drain()
    await waiting
