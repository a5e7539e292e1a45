"""Marketplaces that have a feed alone, or none."""

import asyncio
import random
from typing import Any, cast

import pytest

from stockstorm.reference_service.clients.marketplace import FeedPage, Marketplace, MarketplaceCallFailed
from stockstorm.reference_service.feeds import unannounced
from stockstorm.reference_service.feeds.order_feed import OrderFeed
from stockstorm.reference_service.feeds.unannounced import UnannouncedOrders

NONE: Any = None


class Channel:
    """Has no feed."""

    async def orders_since(self, _cursor: str, _limit: int) -> FeedPage:
        raise MarketplaceCallFailed("HTTP 404", 0.0, 404)


@pytest.mark.asyncio
async def test_a_channel_without_a_feed_has_an_empty_page_and_is_not_asked_for_ever() -> None:
    feed = OrderFeed(NONE, "bazaar", cast(Marketplace, Channel()), random.Random(1))
    async with asyncio.timeout(5):
        assert await feed._read("7", 10) == FeedPage([], "7")


@pytest.mark.asyncio
async def test_a_channel_that_notifies_nobody_is_polled_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    polled: list[str] = []

    class Loop:
        async def run(self) -> None:
            await asyncio.Event().wait()

    def order_loop(_: object, channel: str) -> Loop:
        polled.append(channel)
        return Loop()

    monkeypatch.setattr(unannounced, "order_loop", order_loop)
    feed = UnannouncedOrders(NONE)
    await feed.catch_up()
    running = asyncio.create_task(feed.run())
    feed.add("souk")
    await asyncio.sleep(0.01)
    assert polled == ["souk"]
    feed.add("bazaar")
    await asyncio.sleep(0.01)
    assert polled == ["souk", "bazaar"]
    running.cancel()
    await asyncio.wait({running})
