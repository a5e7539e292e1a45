from typing import Any, TypeVar

import msgspec
import pytest

from stockstorm.simulator.api.exchange import ApiReply, ApiRequest, RequestSerial, request_id
from stockstorm.simulator.api.marketplace import MarketplaceApi
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import (
    ApiCalled,
    Fact,
    ListingPushed,
    OrdersShown,
    SubscriptionCreated,
    SubscriptionRemoved,
)
from tests.admin_calls import START_NS, WALL
from tests.small_world import STOCK, buy, cancel, give_back, sku, small_catalogue, small_world

TOKEN = "market-token"
URL = "http://127.0.0.1:9000/webhooks/channels/bazaar"
F = TypeVar("F", bound=Fact)


class Market:
    """A client of the marketplace API on a small world."""

    def __init__(self) -> None:
        self.world = small_world()
        self.world.opening(START_NS)
        self.serial = RequestSerial()
        self.api = MarketplaceApi(self.world, TOKEN, WALL, serial=self.serial)
        self.reply = ApiReply(0, (), b"", [], [])

    def send(
        self, method: str, path: str, body: bytes = b"", *, query: str = "", token: str = f"Bearer {TOKEN}"
    ) -> dict[str, Any]:
        headers = {"authorization": token} if token else {}
        self.reply = self.api.handle(ApiRequest(method, path, query, headers, body), START_NS + 7)
        answer: dict[str, Any] = msgspec.json.decode(self.reply.body)
        return answer

    def put(self, resource: str, body: object, channel: str = "bazaar") -> dict[str, Any]:
        return self.send("PUT", f"/marketplaces/{channel}/v1/{resource}", msgspec.json.encode(body))

    def get(self, resource: str, query: str = "", channel: str = "bazaar") -> dict[str, Any]:
        return self.send("GET", f"/marketplaces/{channel}/v1/{resource}", query=query)

    def refusal(self, answer: dict[str, Any]) -> tuple[int, str]:
        assert answer["error"]["message"]
        return self.reply.status, answer["error"]["code"]

    def facts(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.reply.facts if isinstance(fact, kind)]

    @property
    def called(self) -> ApiCalled:
        (called,) = self.facts(ApiCalled)
        return called


def rows(*listings: tuple[str, object]) -> dict[str, Any]:
    return {"listings": [{"sku": name, "quantity": quantity} for name, quantity in listings]}


def test_a_push_changes_the_listing_and_records_a_fact_for_each_row() -> None:
    market = Market()
    assert market.put("listings", rows((sku(0), 3), (sku(1), 0))) == {"accepted": 2, "rejected": []}
    assert (market.world.listings("bazaar")[sku(0)], market.world.listings("mercado")[sku(0)]) == (3, STOCK)
    pushed = [
        (fact.channel, fact.sku, fact.quantity, fact.shown_before, fact.request) for fact in market.facts(ListingPushed)
    ]
    assert pushed == [("bazaar", sku(0), 3, STOCK, 0), ("bazaar", sku(1), 0, STOCK, 0)]
    assert market.called == ApiCalled(
        START_NS + 7, 0, "bazaar", "PUT listings", 200, "ok", started_ns=START_NS + 7, rows=2
    )


def test_an_unknown_sku_is_rejected_and_the_others_are_accepted() -> None:
    market = Market()
    assert market.put("listings", rows(("NO-SUCH", 1), (sku(0), 4))) == {
        "accepted": 1,
        "rejected": [{"sku": "NO-SUCH", "reason": "unknown sku"}],
    }
    assert market.world.listings("bazaar")[sku(0)] == 4


@pytest.mark.parametrize("quantity", [-1, 1.5, "3", None, True, 10**12])
def test_an_invalid_quantity_is_422_and_changes_nothing(quantity: object) -> None:
    market = Market()
    assert market.refusal(market.put("listings", rows((sku(0), 3), (sku(1), quantity)))) == (422, "invalid_body")
    assert market.world.listings("bazaar")[sku(0)] == STOCK
    assert market.called.outcome == "user_error"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "bad_json")),
        (b"{", (400, "bad_json")),
        (b'{"listings": [{"sku": "\xff", "quantity": 1}], "url": "\xff"}', (400, "bad_json")),
        (b'{"a": ' + b"[" * 100_000, (400, "bad_json")),
        (b"[]", (422, "invalid_body")),
    ],
)
@pytest.mark.parametrize("resource", ["listings", "notifications"])
def test_an_invalid_body_is_refused(resource: str, body: bytes, expected: tuple[int, str]) -> None:
    market = Market()
    answer = market.send("PUT", f"/marketplaces/bazaar/v1/{resource}", body)
    assert market.refusal(answer) == expected


def test_more_than_500_rows_or_two_megabytes_are_413() -> None:
    market = Market()
    assert market.refusal(market.put("listings", rows(*[(sku(0), 1)] * 501))) == (413, "too_many_rows")
    assert market.put("listings", rows(*[(sku(0), 1)] * 500))["accepted"] == 500
    answer = market.send("PUT", "/marketplaces/bazaar/v1/listings", b" " * 2_000_001)
    assert market.refusal(answer) == (413, "body_too_large")


@pytest.mark.parametrize("token", ["", "Bearer wrong", TOKEN, "Bearer tökèn"])
def test_a_missing_or_wrong_token_is_401(token: str) -> None:
    market = Market()
    answer = market.send("GET", "/marketplaces/bazaar/v1/listings", token=token)
    assert market.refusal(answer) == (401, "unauthorized")
    assert market.called.outcome == "denied"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/marketplaces/nowhere/v1/listings", (404, "unknown_channel")),
        ("GET", "/marketplaces/online/v1/listings", (404, "unknown_channel")),
        ("GET", "/marketplaces/bazaar/v1/stock", (404, "not_found")),
        ("GET", "/marketplaces/bazaar/v2/listings", (404, "not_found")),
        ("POST", "/marketplaces/bazaar/v1/listings", (405, "method_not_allowed")),
        ("GET", "/marketplaces/bazaar/v1/notifications", (405, "method_not_allowed")),
    ],
)
def test_an_unknown_path_channel_or_method_is_an_error(method: str, path: str, expected: tuple[int, str]) -> None:
    market = Market()
    assert market.refusal(market.send(method, path)) == expected


def test_listings_are_paged_by_sku() -> None:
    market = Market()
    market.put("listings", rows((sku(2), 6)))
    seen: list[dict[str, Any]] = []
    after = ""
    while True:
        page = market.get("listings", f"limit=3&after={after}")
        seen += page["listings"]
        if page["next"] is None:
            break
        after = page["next"]
    names = sorted(small_catalogue().by_sku)
    assert seen == [{"sku": name, "quantity": 6 if name == sku(2) else STOCK} for name in names]
    assert market.called.rows == 1


def test_orders_are_the_notifications_since_a_cursor() -> None:
    market = Market()
    for item in (buy(0, "bazaar", (0, 1)), buy(1, "mercado", (0, 1)), buy(2, "bazaar", (1, 2))):
        market.world.apply(item, START_NS + 3)
    market.world.apply(cancel(0), START_NS + 4)
    market.world.apply(give_back(2, (1, 1)), START_NS + 5)
    payloads = Payloads(small_catalogue(), market.world.config.shop, WALL)
    whole = market.get("orders")
    assert whole["orders"] == [
        msgspec.json.decode(payloads.body(event)) for event in market.world.channel_feed("bazaar", 0, 99)
    ]
    assert [(row["topic"], row["order"]["order_id"]) for row in whole["orders"]] == [
        ("order.created", "bazaar-1001"),
        ("order.created", "bazaar-1002"),
        ("order.cancelled", "bazaar-1001"),
        ("order.returned", "bazaar-1002"),
    ]
    assert market.facts(OrdersShown) == [OrdersShown(START_NS + 7, 0, "bazaar", (0, 2))]
    first = market.get("orders", "limit=3")
    rest = market.get("orders", f"since={first['next_cursor']}&limit=3")
    assert first["orders"] + rest["orders"] == whole["orders"]
    assert whole["next_cursor"] == rest["next_cursor"] == "4"


def test_the_cursor_stays_the_same_at_the_end_of_the_feed() -> None:
    market = Market()
    assert market.get("orders", "since=9") == {"orders": [], "next_cursor": "9"}
    assert market.facts(OrdersShown) == []


@pytest.mark.parametrize("query", ["since=-1", "since=x", "limit=0", "limit=251", "limit=1e9", "since=" + "9" * 30])
def test_a_parameter_outside_its_bounds_is_422(query: str) -> None:
    market = Market()
    assert market.refusal(market.get("orders", query)) == (422, f"invalid_{query.partition('=')[0]}")


def test_notifications_go_to_the_channels_address() -> None:
    market = Market()
    assert market.put("notifications", {"url": URL}) == {"url": URL}
    (subscription,) = market.world.subscriptions("bazaar")
    assert (subscription.topic, subscription.uri, market.world.subscriptions("mercado")) == ("*", URL, [])
    assert [fact.subscription for fact in market.facts(SubscriptionCreated)] == [subscription.subscription_id]


def test_a_new_address_replaces_the_old_one_and_the_same_address_changes_nothing() -> None:
    market = Market()
    market.put("notifications", {"url": URL})
    (old,) = market.world.subscriptions("bazaar")
    market.put("notifications", {"url": URL})
    assert (market.world.subscriptions("bazaar"), market.facts(SubscriptionCreated)) == ([old], [])
    market.put("notifications", {"url": URL + "/2"})
    assert [each.uri for each in market.world.subscriptions("bazaar")] == [URL + "/2"]
    (removed,) = market.facts(SubscriptionRemoved)
    assert (removed.subscription, removed.by_policy) == (old.subscription_id, False)


@pytest.mark.parametrize("uri", ["pubsub://p:t", "arn:aws:events:eu-west-2::event-source/aws.partner/shopify.com/7/s"])
def test_notifications_go_to_an_event_bus_as_well(uri: str) -> None:
    market = Market()
    assert market.put("notifications", {"url": uri}) == {"url": uri}
    assert [each.uri for each in market.world.subscriptions("bazaar")] == [uri]


@pytest.mark.parametrize(
    "url", ["", "ftp://x/y", "nonsense", "http://", "http://[::1", "http://a:99999/", "pubsub://p", "arn:aws:sqs:x:1:q"]
)
def test_an_address_that_is_neither_http_nor_a_bus_is_422(url: str) -> None:
    market = Market()
    assert market.refusal(market.put("notifications", {"url": url})) == (422, "invalid_url")
    assert market.world.subscriptions("bazaar") == []


def test_requests_are_counted_with_the_shared_serial() -> None:
    market = Market()
    market.serial.take()
    market.get("listings")
    assert (market.called.request, market.serial.take()) == (1, 2)


def test_every_answer_names_its_call_as_the_history_does() -> None:
    market = Market()
    for _ in range(2):
        market.get("listings")
        assert ("X-Request-Id", request_id(market.called.request)) in market.reply.headers
    market.get("listings", channel="nowhere")
    assert market.reply.status == 404
    assert ("X-Request-Id", "stockstorm-00000002") in market.reply.headers


def test_the_history_keeps_why_a_call_was_refused_and_which_rows_were() -> None:
    market = Market()
    market.put("listings", {"listings": [{"sku": "NOBODY", "quantity": 1}, {"sku": sku(1), "quantity": 1}]})
    called = market.called
    assert (called.outcome, called.errors) == ("ok", ("unknown sku: NOBODY",))
    market.get("products/12345")
    called = market.called
    assert called.operation == "GET /marketplaces/bazaar/v1/products/{id}"
    assert called.errors[0].startswith("no resource")
