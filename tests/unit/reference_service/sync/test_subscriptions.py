"""Registration with the shop: what is refused is told, and does not keep the rest from being registered."""

import random
from typing import Any, cast

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import AdminApi, Answered
from stockstorm.reference_service.clients.documents import (
    SUBSCRIBE,
    Identified,
    Operation,
    PageInfo,
    Subscribe,
    SubscribePayload,
    SubscriptionNode,
    SubscriptionPage,
    Subscriptions,
    UserError,
)
from stockstorm.reference_service.clients.marketplace import Marketplace, MarketplaceCallFailed
from stockstorm.reference_service.sync.subscriptions import SubscriptionRefused, subscribe_to_channel, subscribe_to_shop

URI = "https://me.example/webhooks"
REFUSAL = "You cannot create a webhook subscription with the specified topic"


class Shop:
    """Refuses some topics. `there` are subscribed to."""

    def __init__(self, refuses: set[str], there: tuple[str, ...] = ()) -> None:
        self.refuses, self.topics = refuses, list(there)

    async def call(self, operation: Operation[Any], variables: dict[str, Any]) -> Answered[Any]:
        if operation is not SUBSCRIBE:
            nodes = [SubscriptionNode("gid", topic, URI) for topic in self.topics]
            return Answered(Subscriptions(SubscriptionPage(nodes, PageInfo(False, None))), 0, 0)
        topic = variables["topic"]
        if topic in self.refuses:
            return Answered(Subscribe(SubscribePayload(None, [UserError(REFUSAL)])), 0, 0)
        self.topics.append(topic)
        return Answered(Subscribe(SubscribePayload(Identified("gid"), [])), 0, 0)


async def subscribed(shop: Shop, *topics: str) -> int:
    return await subscribe_to_shop(cast(AdminApi, shop), URI, topics)


@pytest.mark.asyncio
async def test_a_refused_topic_does_not_keep_the_others_from_being_registered() -> None:
    shop = Shop({"ORDERS_CREATE"})
    assert await subscribed(shop, "orders/create", "inventory_levels/update", "products/update") == 2
    assert shop.topics == ["INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE"]


@pytest.mark.asyncio
async def test_a_shop_that_refuses_everything_is_an_error() -> None:
    with pytest.raises(SubscriptionRefused, match="ORDERS_CREATE"):
        await subscribed(Shop({"ORDERS_CREATE", "ORDERS_PAID"}), "orders/create", "orders/paid")


@pytest.mark.asyncio
async def test_what_is_there_already_is_left_alone() -> None:
    shop = Shop({"ORDERS_PAID"}, there=("ORDERS_CREATE",))
    assert await subscribed(shop, "orders/create", "orders/paid") == 0
    assert shop.topics == ["ORDERS_CREATE"]


class Channel:
    """Answers one registration after the other with these statuses."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)

    async def send_notifications_to(self, _: str) -> None:
        status = self.statuses.pop(0)
        if status != 200:
            raise MarketplaceCallFailed(f"HTTP {status}", 0.0, status)


@pytest.mark.parametrize(("statuses", "notifies"), [((200,), True), ((503, 200), True), ((404,), False)])
@pytest.mark.asyncio
async def test_a_channel_that_has_no_notifications_is_not_asked_again(
    statuses: tuple[int, ...], notifies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BACKOFF_FIRST_S", 0.01)
    channel = Channel(*statuses)
    marketplace = cast(Marketplace, channel)
    assert await subscribe_to_channel(marketplace, "bazaar", URI, random.Random(1)) is notifies
    assert channel.statuses == []
