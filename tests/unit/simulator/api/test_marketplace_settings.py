"""What a scenario can set of a marketplace: its rate limit, its lag, and how it tells of orders."""

from typing import Any

import msgspec
import pytest

from stockstorm.simulator.api.call_rate import CallRate
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.marketplace import MarketplaceApi
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ChannelConfig
from stockstorm.simulator.history.facts import (
    ApiCalled,
    FinalListing,
    ListingPushed,
    PurchaseAccepted,
    PurchaseRefused,
    RowsNotListed,
)
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.admin_calls import START_NS, WALL
from tests.small_world import STOCK, buy, sku, small_catalogue, small_config

TOKEN = "t"


class Market:
    """A client of the marketplace bazaar, with settings of its own."""

    def __init__(self, **settings: Any) -> None:
        channels = (ChannelConfig(name="online"), ChannelConfig(name="bazaar", **settings), ChannelConfig(name="other"))
        config = small_config().model_copy(update={"channels": channels})
        self.world = World(config, small_catalogue(), Seeds(1))
        self.world.opening(START_NS)
        self.api = MarketplaceApi(self.world, TOKEN, WALL)

    def send(self, method: str, resource: str, body: object, at_s: float = 0.0, channel: str = "bazaar") -> ApiReply:
        request = ApiRequest(
            method, f"/marketplaces/{channel}/v1/{resource}", "", {"authorization": f"Bearer {TOKEN}"},
            msgspec.json.encode(body),
        )  # fmt: skip
        return self.api.handle(request, START_NS + round(at_s * SECOND_NS))

    def push(self, quantity: int, at_s: float = 0.0, channel: str = "bazaar") -> ApiReply:
        return self.send("PUT", "listings", {"listings": [{"sku": sku(0), "quantity": quantity}]}, at_s, channel)

    def buys(self, key: int, quantity: int, at_s: float) -> PurchaseAccepted | PurchaseRefused:
        facts = self.world.apply(buy(key, "bazaar", (0, quantity)), START_NS + round(at_s * SECOND_NS)).facts
        (found,) = [fact for fact in facts if isinstance(fact, PurchaseAccepted | PurchaseRefused)]
        return found


# -- rate limit -------------------------------------------------------------------------------------------------------


def test_a_rate_gives_its_burst_at_once_and_then_refills_evenly() -> None:
    rate = CallRate(2.0, 3)
    assert [rate.wait_s(0) for _ in range(4)] == [0, 0, 0, 1]
    assert [rate.wait_s(SECOND_NS) for _ in range(3)] == [0, 0, 1]
    assert [rate.wait_s(100 * SECOND_NS) for _ in range(4)] == [0, 0, 0, 1]


def test_whoever_waits_as_told_is_not_refused_again() -> None:
    rate, now_ns = CallRate(0.3, 1), 0
    for _ in range(20):
        wait_s = rate.wait_s(now_ns)
        now_ns += wait_s * SECOND_NS
        assert wait_s == 0 or rate.wait_s(now_ns) == 0


def test_a_call_beyond_the_rate_is_429_with_retry_after_and_changes_nothing() -> None:
    market = Market(calls_per_s=0.5, calls_burst=1)
    assert market.push(4).status == 200
    reply = market.push(3)
    assert (reply.status, dict(reply.headers)["Retry-After"]) == (429, "2")
    assert msgspec.json.decode(reply.body)["error"]["code"] == "too_many_requests"
    assert market.world.listings("bazaar")[sku(0)] == 4
    kept, told = [fact for fact in reply.facts if isinstance(fact, RowsNotListed | ApiCalled)]
    assert isinstance(told, ApiCalled)
    assert (told.outcome, told.retry_after_s, told.injected) == ("throttled", 2, "")
    assert isinstance(kept, RowsNotListed)
    assert kept.skus == (sku(0),)
    assert market.push(3, 2.0).status == 200


def test_each_marketplace_has_a_rate_of_its_own_and_none_by_default() -> None:
    market = Market(calls_per_s=0.5, calls_burst=1)
    market.push(4)
    assert {market.push(5, channel="other").status for _ in range(50)} == {200}
    assert market.push(3).status == 429


# -- lag --------------------------------------------------------------------------------------------------------------


def test_buyers_see_a_push_after_the_lag() -> None:
    market = Market(lag_s=2.0)
    (pushed,) = [fact for fact in market.push(1).facts if isinstance(fact, ListingPushed)]
    assert (pushed.quantity, pushed.shown_before) == (1, STOCK)
    assert market.buys(1, 2, 1.9).shown_before == (STOCK,)
    refused = market.buys(2, 1, 2.1)
    assert isinstance(refused, PurchaseRefused)
    assert refused.shown_before == (0,)


def test_units_sold_meanwhile_are_not_shown_again() -> None:
    market = Market(lag_s=2.0)
    market.push(8, 0.0)
    market.buys(1, 3, 1.0)
    assert market.buys(2, 1, 1.5).shown_before == (STOCK - 3,)
    assert market.buys(3, 1, 2.5).shown_before == (4,)


def test_at_rest_a_listing_is_what_the_marketplace_has_accepted() -> None:
    market = Market(lag_s=100.0)
    market.push(6)
    finals = [fact for fact in market.world.final_facts(START_NS + 1) if isinstance(fact, FinalListing)]
    assert {fact.listed for fact in finals if (fact.channel, fact.sku) == ("bazaar", sku(0))} == {6}


def test_what_is_sold_before_a_push_is_seen_lists_no_less_than_nothing() -> None:
    market = Market(lag_s=100.0)
    market.push(1)
    assert market.buys(1, 3, 1.0).shown_before == (STOCK,)
    assert market.world.listings("bazaar")[sku(0)] == 0


# -- how it tells of orders -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tells", "feed", "notifications"), [("both", 200, 200), ("webhook", 404, 200), ("feed", 200, 404)]
)
def test_a_marketplace_has_a_feed_or_notifies_or_both(tells: str, feed: int, notifications: int) -> None:
    market = Market(tells=tells)
    assert market.send("GET", "orders", {}).status == feed
    reply = market.send("PUT", "notifications", {"url": "http://127.0.0.1:9/x"})
    assert reply.status == notifications
    assert bool(market.world.subscriptions("bazaar")) is (notifications == 200)
    if notifications == 404:
        assert "GET orders" in msgspec.json.decode(reply.body)["error"]["message"]
