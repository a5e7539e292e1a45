"""What a channel is shown, and what it is spared."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

import pytest

from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed, Pushed
from stockstorm.reference_service.sync.listing_pusher import ChannelSync, Shown, quantities_of


class Market:
    """Notes pushes; `fails` refuses so many, `during` is called while a push is under way."""

    def __init__(self) -> None:
        self.pushes: list[dict[str, int]] = []
        self.fails = 0
        self.during: Callable[[], None] = lambda: None

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        self.during()
        if self.fails:
            self.fails -= 1
            raise MarketplaceCallFailed("HTTP 500")
        self.pushes.append(dict(quantities))
        return Pushed(len(quantities))


def sync_over(stock: dict[str, int], market: Market, safety_stock: int = 0) -> ChannelSync:
    async def listable(skus: Sequence[str]) -> Mapping[str, int]:
        return {sku: stock[sku] for sku in skus if sku in stock}

    return ChannelSync("bazaar", market, listable, safety_stock, random.Random(1))


def push(sync: ChannelSync) -> float:
    return asyncio.run(sync.push_once())


def test_quantities_are_never_negative_and_keep_the_safety_stock() -> None:
    assert quantities_of({"A": 5, "B": 1, "C": -3}, 2) == {"A": 3, "B": 0, "C": 0}


def test_a_quantity_that_the_channel_has_already_is_not_pushed_again() -> None:
    market = Market()
    sync = sync_over({"A": 5, "B": 6}, market)
    for _ in range(2):
        sync.touch(["A", "B"])
        push(sync)
    assert market.pushes == [{"A": 5, "B": 6}]


def test_after_a_sale_by_the_channel_itself_the_same_quantity_is_pushed_again() -> None:
    market = Market()
    sync = sync_over({"A": 5}, market)
    sync.touch(["A"])
    push(sync)
    sync.forget(["A"])
    push(sync)
    assert market.pushes == [{"A": 5}, {"A": 5}]


def test_a_sale_during_a_push_makes_the_pushed_quantity_unknown_too() -> None:
    market = Market()
    sync = sync_over({"A": 5}, market)
    sync.touch(["A"])
    market.during = lambda: sync.forget(["A"])
    push(sync)
    market.during = lambda: None
    push(sync)
    assert market.pushes == [{"A": 5}, {"A": 5}]


def test_a_refused_push_is_made_again_with_the_newest_quantity_after_a_while() -> None:
    market, stock = Market(), {"A": 5}
    sync = sync_over(stock, market)
    market.fails = 1
    sync.touch(["A"])
    assert 0 < push(sync) <= 1.0
    stock["A"] = 4
    assert push(sync) == 0
    assert market.pushes == [{"A": 4}]


def test_a_bulk_holds_at_most_five_hundred_rows() -> None:
    shown = Shown()
    shown.touch(str(n) for n in range(700))
    assert (len(shown.take()), len(shown.take()), len(shown.take())) == (500, 200, 0)


def test_it_is_clean_only_when_everything_touched_was_pushed() -> None:
    async def story() -> list[dict[str, int]]:
        market = Market()
        sync = sync_over({"A": 5}, market)
        sync.touch(["A"])
        running = asyncio.create_task(sync.run())
        async with asyncio.timeout(5):
            await sync.clean()
        running.cancel()
        return market.pushes

    assert asyncio.run(story()) == [{"A": 5}]


def test_a_cancelled_push_leaves_its_rows_dirty() -> None:
    market = Market()
    sync = sync_over({"A": 5}, market)

    def cancel() -> None:
        raise asyncio.CancelledError

    market.during = cancel
    sync.touch(["A"])
    with pytest.raises(asyncio.CancelledError):
        push(sync)
    assert list(sync.shown.dirty) == ["A"]
