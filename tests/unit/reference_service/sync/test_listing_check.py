"""When a listing counts as wrong: it differs twice, and nothing concerned its SKU meanwhile."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from stockstorm.reference_service.clients.marketplace import Listing, ListingPage, Pushed
from stockstorm.reference_service.storage.healed import Healed, Pass
from stockstorm.reference_service.sync.listing_check import ListingCheck
from stockstorm.reference_service.sync.listing_pusher import ListingPusher


class Channel:
    """A marketplace that lists what it is told, until a test changes that."""

    def __init__(self) -> None:
        self.listed: dict[str, int] = {}
        self.during_read: Callable[[], None] = lambda: None

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        self.listed |= quantities
        return Pushed(len(quantities))

    async def listings_after(self, sku: str, limit: int) -> ListingPage:
        rows = [Listing(name, units) for name, units in sorted(self.listed.items()) if name > sku][:limit]
        self.during_read()
        return ListingPage(rows, rows[-1].sku if len(rows) == limit else None)


class Store:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.healed: list[Healed] = []

    def acquire(self) -> Any:
        return self

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def execute(self, _: str, _run: int, *columns: Sequence[Any]) -> None:
        self.healed += [Healed(*row) for row in zip(*columns, strict=True)]


async def opened() -> tuple[Channel, ListingPusher, Store, ListingCheck]:
    """A channel that lists 10 of A and of B, as it was told."""

    async def listable(skus: Sequence[str]) -> Mapping[str, int]:
        return dict.fromkeys(skus, 10)

    channel, store = Channel(), Store()
    pusher = ListingPusher("bazaar", channel, listable, 0, random.Random(1))
    pusher.touch(["A", "B"])
    await pusher.push_once()
    doubles: tuple[Any, Any] = (store, channel)
    return channel, pusher, store, ListingCheck(*doubles, pusher)


@pytest.mark.asyncio
async def test_a_listing_that_stays_wrong_is_pushed_again_and_told() -> None:
    channel, pusher, store, check = await opened()
    channel.listed["A"] = 3
    await check.begin()
    await check.finish(Pass(1, 0))
    await pusher.push_once()
    assert channel.listed == {"A": 10, "B": 10}
    assert store.healed == [Healed("listing", "bazaar", "A", "3", "10")]


@pytest.mark.asyncio
@pytest.mark.parametrize("what", ["sold", "touched", "pushed"])
async def test_a_listing_whose_sku_is_concerned_meanwhile_is_left_alone(what: str) -> None:
    channel, pusher, store, check = await opened()
    channel.listed["A"] = 9
    await check.begin()
    assert check.suspects == {"A": 9}
    if what == "sold":
        pusher.forget(["A"])
    else:
        pusher.touch(["A"])
    if what == "pushed":
        await pusher.push_once()
    await check.finish(Pass(1, 0))
    assert store.healed == []


@pytest.mark.asyncio
async def test_a_sale_during_the_read_makes_no_suspect() -> None:
    channel, pusher, _, check = await opened()
    channel.listed["A"] = 9
    channel.during_read = lambda: pusher.forget(["A"])
    await check.begin()
    assert check.suspects == {}


@pytest.mark.asyncio
async def test_a_listing_that_is_right_at_the_second_look_or_wrong_in_another_way_is_left_alone() -> None:
    for later in (10, 8):
        channel, pusher, store, check = await opened()
        channel.listed["A"] = 9
        await check.begin()
        channel.listed["A"] = later
        await check.finish(Pass(1, 0))
        assert (store.healed, pusher.state.dirty) == ([], {})


@pytest.mark.asyncio
async def test_listings_of_other_sellers_and_of_dirty_skus_are_not_compared() -> None:
    channel, pusher, _, check = await opened()
    channel.listed |= {"B": 1, "Z": 5}
    pusher.touch(["B"])
    await check.begin()
    assert (check.suspects, check.read) == ({}, 3)
