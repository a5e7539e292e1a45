"""The buffer of broker messages and their leases."""

import asyncio

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.prefetch_buffer import Leases, PrefetchBuffer, Prefetched


def prefetched(name: str, work_type: WorkType = WorkType.STOCK) -> Prefetched:
    return Prefetched(Message(work_type, "shopify", name, "a/topic", None, 1, b"{}"), [name], 1)


def names(taken: list[Prefetched]) -> str:
    return "".join(one.message.webhook_id for one in taken)


def test_messages_that_are_put_back_come_first_in_the_same_order() -> None:
    buffer = PrefetchBuffer()
    for name in "abcd":
        buffer.add(prefetched(name))
    buffer.put_back(buffer.take(WorkType.STOCK, 2))
    assert names(buffer.take(WorkType.STOCK, 9)) == "abcd"
    assert buffer.take(WorkType.SHOP, 9) == []


@pytest.mark.asyncio
async def test_receivers_wait_while_the_buffer_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PREFETCH_MAX", 2)
    buffer = PrefetchBuffer()
    for name in "ab":
        buffer.add(prefetched(name))
    waiting = asyncio.create_task(buffer.wait_for_room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    buffer.take(WorkType.STOCK, 1)
    await waiting
    assert waiting.done()


@pytest.mark.asyncio
async def test_an_ignored_message_wakes_a_work_type_that_takes_it_along() -> None:
    buffer = PrefetchBuffer()
    waiting = asyncio.create_task(buffer.wait(WorkType.SHOP, 5.0))
    await asyncio.sleep(0)
    buffer.add(prefetched("a", WorkType.IGNORED))
    await asyncio.wait_for(waiting, 1.0)
    assert names(buffer.take(WorkType.IGNORED, 9)) == "a"


def test_leases_are_renewed_in_their_second_half_and_forgotten_once_ended() -> None:
    leases = Leases()
    leases.begin(["young"], 100.0 - limits.LEASE_S * 0.4)
    leases.begin(["old"], 100.0 - limits.LEASE_S * 0.6)
    leases.begin(["lost"], 100.0 - limits.LEASE_S * 1.1)
    assert leases.to_renew(100.0) == ["old"]
    assert leases.all() == ["young", "old"]
    leases.begin(["old"], 100.0)
    leases.end(["young", "never seen"])
    assert (leases.to_renew(100.0), leases.all()) == ([], ["old"])
