"""Which quantities are pushed to a marketplace, and which are not."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed, Pushed, Rejected
from stockstorm.reference_service.sync.listing_pusher import ListingPusher, ListingState, quantities_of


class FakeMarketplace:
    """Records pushes. `fails`: how many to refuse. `rejects`: rows and reasons. `during` is called during each push."""

    def __init__(self) -> None:
        self.pushes: list[dict[str, int]] = []
        self.fails = 0
        self.failure = MarketplaceCallFailed("HTTP 500")
        self.rejects: dict[str, str] = {}
        self.during: Callable[[], None] = lambda: None

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        self.during()
        if self.fails:
            self.fails -= 1
            raise self.failure
        self.pushes.append(dict(quantities))
        rejected = [Rejected(sku, reason) for sku, reason in self.rejects.items() if sku in quantities]
        return Pushed(len(quantities) - len(rejected), rejected)


def pusher_over(stock: dict[str, int], marketplace: FakeMarketplace, safety_stock: int = 0) -> ListingPusher:
    async def listable(skus: Sequence[str]) -> Mapping[str, int]:
        return {sku: stock[sku] for sku in skus if sku in stock}

    return ListingPusher("bazaar", marketplace, listable, safety_stock, random.Random(1))


def push(pusher: ListingPusher) -> float:
    return asyncio.run(pusher.push_once())


def test_quantities_are_never_negative_and_keep_the_safety_stock() -> None:
    assert quantities_of({"A": 5, "B": 1, "C": -3}, 2) == {"A": 3, "B": 0, "C": 0}


def test_a_quantity_that_the_channel_already_shows_is_not_pushed_again() -> None:
    marketplace = FakeMarketplace()
    pusher = pusher_over({"A": 5, "B": 6}, marketplace)
    for _ in range(2):
        pusher.touch(["A", "B"])
        push(pusher)
    assert marketplace.pushes == [{"A": 5, "B": 6}]


def test_after_a_sale_by_the_channel_itself_the_same_quantity_is_pushed_again() -> None:
    marketplace = FakeMarketplace()
    pusher = pusher_over({"A": 5}, marketplace)
    pusher.touch(["A"])
    push(pusher)
    pusher.forget(["A"])
    push(pusher)
    assert marketplace.pushes == [{"A": 5}, {"A": 5}]


def test_after_a_sale_during_a_push_the_same_quantity_is_pushed_again() -> None:
    marketplace = FakeMarketplace()
    pusher = pusher_over({"A": 5}, marketplace)
    pusher.touch(["A"])
    marketplace.during = lambda: pusher.forget(["A"])
    push(pusher)
    marketplace.during = lambda: None
    push(pusher)
    assert marketplace.pushes == [{"A": 5}, {"A": 5}]


def test_a_failed_push_is_repeated_later_with_the_newest_quantity() -> None:
    marketplace, stock = FakeMarketplace(), {"A": 5}
    pusher = pusher_over(stock, marketplace)
    marketplace.fails = 1
    pusher.touch(["A"])
    assert 0 < push(pusher) <= 1.0
    stock["A"] = 4
    assert push(pusher) == 0
    assert marketplace.pushes == [{"A": 4}]


def test_a_failed_push_waits_as_told_and_else_a_few_seconds_at_most() -> None:
    marketplace = FakeMarketplace()
    pusher = pusher_over({"A": 5}, marketplace)
    pusher.touch(["A"])
    marketplace.failure = MarketplaceCallFailed("HTTP 503", 17.0, 503)
    marketplace.fails = 1
    assert push(pusher) == 17.0
    marketplace.failure = MarketplaceCallFailed("HTTP 503", 0.0, 503)
    marketplace.fails = 30
    waits = [push(pusher) for _ in range(30)]
    assert 1.0 < max(waits) <= limits.PUSH_BACKOFF_MAX_S
    assert push(pusher) == 0


def test_a_marketplace_that_throttles_is_pushed_to_less_often_until_it_has_accepted_many() -> None:
    marketplace, stock = FakeMarketplace(), {"A": 0}
    pusher = pusher_over(stock, marketplace)

    def once() -> float:
        stock["A"] += 1
        pusher.touch(["A"])
        push(pusher)
        return pusher.pace_s

    assert once() == limits.PUSH_PACE_S
    marketplace.failure = MarketplaceCallFailed("HTTP 429", 1.0, 429)
    marketplace.fails = 20
    throttled = [once() for _ in range(20)]
    assert throttled == sorted(throttled)
    assert throttled[-1] == limits.PUSH_PACE_MAX_S
    eased = [once() for _ in range(400)]
    assert eased == sorted(eased, reverse=True)
    assert eased[-1] == limits.PUSH_PACE_S


def test_a_push_has_at_most_500_rows() -> None:
    state = ListingState()
    state.touch(str(n) for n in range(700))
    assert (len(state.take()), len(state.take()), len(state.take())) == (500, 200, 0)


def test_it_is_clean_only_after_every_touched_sku_was_pushed() -> None:
    async def run() -> list[dict[str, int]]:
        marketplace = FakeMarketplace()
        pusher = pusher_over({"A": 5}, marketplace)
        pusher.touch(["A"])
        running = asyncio.create_task(pusher.run())
        async with asyncio.timeout(5):
            await pusher.wait_until_clean()
        running.cancel()
        return marketplace.pushes

    assert asyncio.run(run()) == [{"A": 5}]


def test_a_rejected_row_is_pushed_again_alone_and_holds_up_no_other() -> None:
    async def run() -> tuple[list[dict[str, int]], list[int]]:
        marketplace, unfinished = FakeMarketplace(), list[int]()
        pusher = pusher_over({"A": 5, "B": 6}, marketplace)
        marketplace.rejects = {"A": "temporarily unavailable"}
        pusher.touch(["A", "B"])
        asked = pusher.pushes.begun
        assert await pusher.push_once() == 0.0
        unfinished.append(pusher.unfinished)
        await pusher.pushes.wait_for(["B"], asked)
        marketplace.rejects = {}
        async with asyncio.timeout(5):  # a first backoff is a second at most
            while not pusher.state.dirty:
                await asyncio.sleep(0.01)
        await pusher.push_once()
        await pusher.pushes.wait_for(["A"], asked)
        return marketplace.pushes, [*unfinished, pusher.unfinished]

    pushes, unfinished = asyncio.run(run())
    assert pushes == [{"A": 5, "B": 6}, {"A": 5}]
    assert unfinished == [1, 0]


def test_a_row_whose_sku_the_marketplace_does_not_know_is_not_pushed_again() -> None:
    marketplace = FakeMarketplace()
    pusher = pusher_over({"A": 5}, marketplace)
    marketplace.rejects = {"A": "unknown sku"}
    pusher.touch(["A"])
    push(pusher)
    assert pusher.unfinished == 0


def test_a_newer_push_of_a_rejected_row_makes_its_next_try_unnecessary() -> None:
    async def run() -> tuple[list[dict[str, int]], int]:
        marketplace, stock = FakeMarketplace(), {"A": 5}
        pusher = pusher_over(stock, marketplace)
        marketplace.rejects = {"A": "busy"}
        pusher.touch(["A"])
        await pusher.push_once()
        marketplace.rejects, stock["A"] = {}, 4
        pusher.touch(["A"])
        await pusher.push_once()
        return marketplace.pushes, pusher.unfinished

    assert asyncio.run(run()) == ([{"A": 5}, {"A": 4}], 0)


def test_a_cancelled_push_leaves_its_rows_dirty() -> None:
    marketplace = FakeMarketplace()
    pusher = pusher_over({"A": 5}, marketplace)

    def cancel() -> None:
        raise asyncio.CancelledError

    marketplace.during = cancel
    pusher.touch(["A"])
    with pytest.raises(asyncio.CancelledError):
        push(pusher)
    assert list(pusher.state.dirty) == ["A"]


def test_a_sku_is_unfinished_until_its_push_has_succeeded() -> None:
    marketplace, during = FakeMarketplace(), list[int]()
    pusher = pusher_over({"A": 5, "B": 6}, marketplace)
    marketplace.during = lambda: during.append(pusher.unfinished)
    marketplace.fails = 1
    pusher.touch(["A", "B"])
    assert pusher.unfinished == 2
    push(pusher)
    assert pusher.unfinished == 2
    push(pusher)
    assert (pusher.unfinished, during) == (0, [2, 2])
