"""What a worker holds of a broker's queue."""

import asyncio

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.prefetch_buffer import Holding, Leases, PrefetchBuffer


def held(name: str, work_type: WorkType = WorkType.STOCK) -> PrefetchBuffer:
    return PrefetchBuffer(Message(work_type, "shopify", name, "a/topic", None, 1, b"{}"), [name], 1)


def names(helds: list[PrefetchBuffer]) -> str:
    return "".join(one.message.webhook_id for one in helds)


def test_what_is_put_back_comes_first_and_in_its_order() -> None:
    holding = Holding()
    for name in "abcd":
        holding.add(held(name))
    holding.put_back(holding.take(WorkType.STOCK, 2))
    assert names(holding.take(WorkType.STOCK, 9)) == "abcd"
    assert holding.take(WorkType.SHOP, 9) == []


@pytest.mark.asyncio
async def test_receivers_wait_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HELD_MAX", 2)
    holding = Holding()
    for name in "ab":
        holding.add(held(name))
    waiting = asyncio.create_task(holding.until_room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    holding.take(WorkType.STOCK, 1)
    await waiting
    assert waiting.done()


@pytest.mark.asyncio
async def test_an_unused_topic_wakes_a_lane_that_takes_it_along() -> None:
    holding = Holding()
    waiting = asyncio.create_task(holding.wait(WorkType.SHOP, 5.0))
    await asyncio.sleep(0)
    holding.add(held("a", WorkType.IGNORED))
    await asyncio.wait_for(waiting, 1.0)
    assert names(holding.take(WorkType.IGNORED, 9)) == "a"


def test_leases_are_renewed_in_their_second_half_and_forgotten_once_lost() -> None:
    leases = Leases()
    leases.begin(["young"], 100.0 - limits.LEASE_S * 0.4)
    leases.begin(["old"], 100.0 - limits.LEASE_S * 0.6)
    leases.begin(["lost"], 100.0 - limits.LEASE_S * 1.1)
    assert leases.to_renew(100.0) == ["old"]
    assert leases.all() == ["young", "old"]
    leases.begin(["old"], 100.0)
    leases.end(["young", "never seen"])
    assert (leases.to_renew(100.0), leases.all()) == ([], ["old"])
