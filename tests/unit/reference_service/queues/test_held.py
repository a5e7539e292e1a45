"""What a worker holds of a broker's queue."""

import asyncio

import pytest

from reference_service import limits
from reference_service.queues import Message
from reference_service.queues.held import Held, Holding, Leases
from reference_service.topics import Lane


def held(name: str, lane: Lane = Lane.STOCK) -> Held:
    return Held(Message(lane, "shopify", name, "a/topic", None, 1, b"{}"), [name], 1)


def names(helds: list[Held]) -> str:
    return "".join(one.message.webhook_id for one in helds)


def test_what_is_put_back_comes_first_and_in_its_order() -> None:
    holding = Holding()
    for name in "abcd":
        holding.add(held(name))
    holding.put_back(holding.take(Lane.STOCK, 2))
    assert names(holding.take(Lane.STOCK, 9)) == "abcd"
    assert holding.take(Lane.SHOP, 9) == []


@pytest.mark.asyncio
async def test_receivers_wait_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HELD_MAX", 2)
    holding = Holding()
    for name in "ab":
        holding.add(held(name))
    waiting = asyncio.create_task(holding.until_room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    holding.take(Lane.STOCK, 1)
    await waiting
    assert waiting.done()


@pytest.mark.asyncio
async def test_an_unused_topic_wakes_a_lane_that_takes_it_along() -> None:
    holding = Holding()
    waiting = asyncio.create_task(holding.wait(Lane.SHOP, 5.0))
    await asyncio.sleep(0)
    holding.add(held("a", Lane.IGNORED))
    await asyncio.wait_for(waiting, 1.0)
    assert names(holding.take(Lane.IGNORED, 9)) == "a"


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
