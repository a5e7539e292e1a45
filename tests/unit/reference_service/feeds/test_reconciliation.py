"""What a pass of reconciliation reads and what it leaves alone, and when it is made."""

import asyncio
import json
import random
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.documents import LevelNode, Quantity
from stockstorm.reference_service.clients.marketplace import FeedPage, MarketplaceCallFailed
from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.domain.timestamps import SECOND_NS, nanoseconds_of
from stockstorm.reference_service.feeds.order_feed import OrderFeed
from stockstorm.reference_service.feeds.reconciliation import Reconciler, _part
from stockstorm.reference_service.storage.healed import Healed, Pass
from stockstorm.reference_service.sync.stock_reader import _due, _healed

NOW_NS = nanoseconds_of("2026-11-27T10:00:10Z")
PASS = Pass(7, NOW_NS)


def body(second: int) -> bytes:
    return json.dumps({"id": f"n{second}", "occurred_at": f"2026-11-27T10:00:{second:02}.500Z"}).encode()


class Market:
    """The orders endpoint of a marketplace."""

    def __init__(self, *bodies: bytes) -> None:
        self.bodies, self.limits = bodies, list[int]()

    async def orders_since(self, cursor: str, limit: int) -> FeedPage:
        self.limits.append(limit)
        since = int(cursor)
        page: Any = self.bodies[since : since + limit]
        return FeedPage(list(page), str(since + len(page)))


async def read(market: Any, healing: Pass | None) -> FeedPage:
    pool: Any = None
    feed = OrderFeed(pool, "bazaar", market, random.Random(1))
    feed.healing = healing
    return await feed._read_due("0", 250)


@pytest.mark.asyncio
async def test_a_pass_stops_before_the_first_notification_that_is_young_and_the_cursor_with_it() -> None:
    market = Market(body(1), body(9), body(11), body(2))
    page = await read(market, PASS)
    assert ([bytes(one) for one in page.orders], page.next_cursor) == ([body(1), body(9)], "2")
    assert market.limits == [250, 2]
    assert await read(Market(body(11)), PASS) == FeedPage([], "0")


@pytest.mark.asyncio
async def test_without_a_pass_and_without_a_time_everything_is_read() -> None:
    assert (await read(Market(body(1), body(11)), None)).next_cursor == "2"
    assert (await read(Market(b'{"id": "n1"}', b"[]"), PASS)).next_cursor == "2"


def level(available: int, gid: str = "old", sku: str | None = "A") -> Level:
    return Level(1, 2, gid, sku, Reading(available, 5, 6))


def test_levels_that_changed_a_moment_ago_are_left_to_the_next_pass() -> None:
    nodes = [
        LevelNode(id="old", quantities=[Quantity("available", 1)], updated_at="2026-11-27T10:00:10Z"),
        LevelNode(id="young", updated_at="2026-11-27T10:00:11Z"),
    ]
    levels = [level(1), level(1, "young"), level(1, "unknown time")]
    assert _due(levels, nodes, PASS) == [levels[0], levels[2]]
    assert _due(levels, nodes, None) == levels


def test_a_level_counts_as_healed_if_its_quantity_was_wrong_or_unknown() -> None:
    before, same, other = level(5), level(5), level(4)
    assert _healed({before.key: before}, {same.key: same}, []) == []
    assert _healed({before.key: before}, {other.key: other}, [level(9, sku=None)]) == [
        Healed("level", "shopify", "A at 2", "5", "4"),
        Healed("level", "shopify", "1 at 2", "unknown", "9"),
    ]


@pytest.mark.asyncio
async def test_what_cannot_be_read_ends_its_own_part_of_a_pass() -> None:
    counts: dict[str, int] = {}

    async def fails() -> dict[str, int]:
        raise MarketplaceCallFailed("HTTP 503")

    async def hangs() -> dict[str, int]:
        await asyncio.sleep(3_600)
        return {}

    async def reads() -> dict[str, int]:
        return {"levels read": 3}

    await _part("bazaar", 60.0, fails, counts)
    await _part("mercado", 0.01, hangs, counts)
    await _part("shop", 60.0, reads, counts)
    assert counts == {"bazaar failed": 1, "mercado failed": 1, "levels read": 3}


class Channel:
    """A marketplace's orders, which may never come."""

    def __init__(self, channel: str, *, hangs: bool) -> None:
        self.channel, self.hangs, self.reads = channel, hangs, 0

    async def read_orders(self) -> int:
        self.reads += 1
        if self.hangs:
            await asyncio.Event().wait()
        return 1


@pytest.mark.asyncio
async def test_a_marketplace_that_is_down_keeps_no_other_waiting_and_is_to_be_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "RECONCILE_CHANNEL_S", 0.01)
    reconciler: Any = Reconciler.__new__(Reconciler)
    good, down = Channel("bazaar", hangs=False), Channel("mercado", hangs=True)
    reconciler._channels = [good, down]
    assert not await reconciler.read_missed(stock=False)
    down.hangs = False
    assert await reconciler.read_missed(stock=False)
    assert (good.reads, down.reads) == (2, 2)


@pytest.mark.asyncio
async def test_a_timeout_of_the_database_is_not_taken_for_one_of_a_pass() -> None:
    async def fails() -> dict[str, int]:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await _part("shop", 60.0, fails, {})


def test_what_is_due_is_as_old_as_the_grace_or_of_an_unknown_time() -> None:
    assert [PASS.is_due(at_ns) for at_ns in (NOW_NS, NOW_NS + SECOND_NS, None)] == [True, False, True]
