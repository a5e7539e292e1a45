"""Batches of deliveries, with a scripted bus."""

import asyncio
from collections.abc import Sequence

import pytest

from stockstorm.loadtests.bus_publisher.bus import Batcher, BatchLimits, Delivery, NotAccepted, Wrapped, bus_attributes


class ScriptedBus:
    """Records its calls. Entries named `bad` are refused; a call with `broken` fails as a whole."""

    def __init__(self, limits: BatchLimits) -> None:
        self.limits = limits
        self.calls: list[list[str]] = []
        self.closed = False

    def wrap(self, delivery: Delivery) -> Wrapped:
        return Wrapped(delivery.body.decode(), len(delivery.body))

    async def publish(self, batch: Sequence[str]) -> Sequence[str]:
        self.calls.append(list(batch))
        await asyncio.sleep(0)
        if "broken" in batch:
            raise NotAccepted(504, "no answer")
        return ["Throttled" if entry == "bad" else "" for entry in batch]

    async def close(self) -> None:
        self.closed = True


async def put_all(batcher: Batcher, entries: Sequence[str]) -> list[int]:
    """The HTTP status of each answer, with all entries put at once."""

    async def put(entry: str) -> int:
        try:
            await batcher.put(Wrapped(entry, len(entry)))
        except NotAccepted as refused:
            return refused.status
        return 200

    return list(await asyncio.gather(*(put(entry) for entry in entries)))


def test_waiting_entries_share_a_call_up_to_the_limit_of_entries() -> None:
    bus = ScriptedBus(BatchLimits(entries_max=10, bytes_max=1_000, calls_max=1))
    assert asyncio.run(put_all(Batcher(bus), [f"e{number}" for number in range(25)])) == [200] * 25
    assert [len(call) for call in bus.calls] == [10, 10, 5]


def test_a_batch_stays_within_its_bytes_but_one_large_entry_goes_alone() -> None:
    bus = ScriptedBus(BatchLimits(entries_max=10, bytes_max=6, calls_max=1))
    asyncio.run(put_all(Batcher(bus), ["aaa", "bbb", "ccc", "larger than all"]))
    assert bus.calls == [["aaa", "bbb"], ["ccc"], ["larger than all"]]


def test_each_delivery_gets_the_result_of_its_own_entry() -> None:
    bus = ScriptedBus(BatchLimits(entries_max=10, bytes_max=1_000, calls_max=1))
    assert asyncio.run(put_all(Batcher(bus), ["good", "bad", "fine"])) == [200, 502, 200]


def test_a_failed_call_fails_its_own_entries_and_no_others() -> None:
    bus = ScriptedBus(BatchLimits(entries_max=2, bytes_max=1_000, calls_max=1))
    assert asyncio.run(put_all(Batcher(bus), ["a", "broken", "c", "d"])) == [504, 504, 200, 200]


def test_entries_beyond_the_bound_of_waiting_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockstorm.loadtests.bus_publisher.bus.WAITING_MAX", 3)
    bus = ScriptedBus(BatchLimits(entries_max=10, bytes_max=1_000, calls_max=1))
    assert asyncio.run(put_all(Batcher(bus), ["a", "b", "c", "d"])) == [200, 200, 200, 503]


def test_closing_closes_the_bus() -> None:
    bus = ScriptedBus(BatchLimits(entries_max=10, bytes_max=1_000, calls_max=1))
    asyncio.run(Batcher(bus).close())
    assert bus.closed


def test_known_headers_get_shopifys_spelling_and_others_title_case() -> None:
    assert bus_attributes({"x-shopify-api-version": "2026-10", "x-shopify-sub-topic": "a"}) == {
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Sub-Topic": "a",
    }
