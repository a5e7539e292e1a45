"""The simulated Shopify: requests reach the right API, changes are reported, missing topics are subscribed."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import msgspec
import pytest

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.generator import simulated_shopify
from stockstorm.loadtests.generator.simulated_shopify import SimulatedApis, SimulatedShopify, make_simulated_shopify
from stockstorm.loadtests.ipc.messages import Setup
from stockstorm.loadtests.subjects import SHOP_TOPICS, Receiving
from stockstorm.scenarios.loader import load
from stockstorm.simulator.api.exchange import ApiRequest
from stockstorm.simulator.api.faults import ApiFaults
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.config import ApiFaultConfig, LifeConfig
from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.errors import LimitError, StockstormError
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, CallGivenUp, GeneratorHeld
from stockstorm.simulator.model import Event
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.app import CLIENT_ID
from tests.small_world import small_world

URI = "http://127.0.0.1:8080/webhooks"
SETUP = Setup(msgspec.Raw(b"{}"), admin_token="a", client_secret="b", channel_token="c", channel_secret="d")


@pytest.fixture
def shopify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedShopify:
    monkeypatch.setattr(simulated_shopify, "make_server", lambda *_: SimpleNamespace())  # no port
    spec = make_spec(RunOptions(scenario="smoke", runs=tmp_path))
    return make_simulated_shopify(
        SETUP, spec, WallPair(0, 0), lambda: 5, lambda *_: None, lambda _: Address("127.0.0.1", 8080, "/")
    )


def test_only_missing_topics_are_subscribed(shopify: SimulatedShopify) -> None:
    shopify.world.subscribe("shopify", "orders/create", "http://127.0.0.1:9090/mine", now_ns=0)
    assert len(shopify.subscribe_for(Receiving(uri=URI), 1)) == len(SHOP_TOPICS) - 1
    assert {each.topic for each in shopify.world.subscriptions("shopify") if each.uri == URI} == {*SHOP_TOPICS} - {
        "orders/create"
    }


def test_topics_that_the_app_may_not_hear_are_not_subscribed(shopify: SimulatedShopify) -> None:
    shopify.world.app.change_scopes(("read_inventory", "read_products"), 0)
    shopify.subscribe_for(Receiving(uri=URI), 1)
    found = {each.topic for each in shopify.world.subscriptions("shopify")}
    assert found == {"inventory_levels/update", "products/update"}


def test_what_the_plan_tells_the_app_is_declared_in_its_file(shopify: SimulatedShopify) -> None:
    life = (LifeConfig(kind="uninstall", at_s=1), LifeConfig(kind="revoke_token", at_s=2))
    told = msgspec.structs.replace(shopify, scenario=shopify.scenario.model_copy(update={"life": life}))
    assert shopify.subscribe_for(Receiving(app_uri=URI), 1) == told.subscribe_for(Receiving(), 1) == []
    told.subscribe_for(Receiving(app_uri=URI), 1)
    (only,) = told.world.subscriptions("shopify")
    assert (only.topic, only.by_api) == ("app/uninstalled", False)


def test_topics_of_a_subject_file_are_subscribed_at_their_addresses_and_no_others(shopify: SimulatedShopify) -> None:
    shopify.subscribe_for(Receiving(topic_uris={"orders/create": URI, "orders/paid": f"{URI}/paid"}), 1)
    found = {each.topic: (each.uri, each.by_api) for each in shopify.world.subscriptions("shopify")}
    assert found == {"orders/create": (URI, False), "orders/paid": (f"{URI}/paid", False)}


def test_what_stockstorm_subscribes_is_of_the_apps_own_file(shopify: SimulatedShopify) -> None:
    shopify.subscribe_for(Receiving(uri=URI), 1)
    assert {each.by_api for each in shopify.world.subscriptions("shopify")} == {False}


def test_a_request_for_a_token_reaches_the_oauth_endpoint() -> None:
    world = small_world()
    apis = SimulatedApis(SETUP, load("smoke"), world, WallPair(0, 0), lambda: 5, lambda *_: None)
    body = msgspec.json.encode(
        {"client_id": CLIENT_ID, "client_secret": SETUP.client_secret, "grant_type": "client_credentials"}
    )
    headers = {"content-type": "application/json"}
    reply = apis.handle(ApiRequest("POST", "/admin/oauth/access_token", "", headers, body))
    assert reply.status == 200
    assert world.app.authorised(msgspec.json.decode(reply.body)["access_token"], 5)


def test_a_subject_that_stockstorm_starts_subscribes_by_itself(shopify: SimulatedShopify) -> None:
    assert shopify.subscribe_for(Receiving(), 1) == []
    assert list(shopify.world.subscriptions("shopify")) == []


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/marketplaces/bazaar/v1/notifications", "c", 200),
        ("/marketplaces/bazaar/v1/notifications", "a", 401),
        ("/admin/api/2026-10/graphql.json", "a", 405),
    ],
)
def test_each_request_reaches_its_api_and_its_changes_are_reported(path: str, token: str, status: int) -> None:
    reported: list[tuple[list[AnyFact], list[Event], int]] = []
    apis = SimulatedApis(
        SETUP, load("smoke"), small_world(), WallPair(0, 0), lambda: 5, lambda *change: reported.append(change)
    )
    headers = {"authorization": f"Bearer {token}", "x-shopify-access-token": token, "content-type": "application/json"}
    reply = apis.handle(ApiRequest("PUT", path, "", headers, b'{"url": "http://127.0.0.1:8080/hooks"}'))
    assert reply.status == status
    assert reported == [(reply.facts, reply.events, 5)]


def test_a_call_that_was_never_answered_is_told_when_the_subject_closes_its_connection() -> None:
    reported: list[AnyFact] = []
    times = iter(range(5, 100))
    faults = ApiFaults([ApiFaultConfig(kind="unanswered", count=1)], Seeds(1), 10.0)
    faults.start(0)
    parts = (SETUP, load("smoke"), small_world(), WallPair(0, 0), lambda: next(times))
    apis = SimulatedApis(*parts, lambda *change: reported.extend(change[0]), faults=faults)
    request = ApiRequest("PUT", "/marketplaces/bazaar/v1/notifications", "", {"authorization": "Bearer c"}, b"{}")
    reply = apis.handle(request)
    assert (reply.left_open, reply.dropped) == ("silent", False)
    assert reply.on_closed is not None
    reply.on_closed()
    called, given_up = reported
    assert isinstance(called, ApiCalled)
    assert isinstance(given_up, CallGivenUp)
    assert (called.injected, called.status, called.outcome) == ("unanswered", 0, "failed")
    assert given_up.request == called.request
    assert given_up.at_ns > called.at_ns
    assert not apis.handle(request).left_open


def test_a_shop_that_fails_in_a_call_ends_the_run_and_answers_503(monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[StockstormError] = []
    apis = SimulatedApis(
        SETUP, load("smoke"), small_world(), WallPair(0, 0), lambda: 5, lambda *_: None, failures.append
    )
    full = LimitError("the shop's records", "they cannot be kept", "free some space")
    monkeypatch.setattr(apis.admin, "handle", Mock(side_effect=full))
    assert apis.handle(ApiRequest("POST", "/admin/api/2026-10/graphql.json", "", {}, b"")).status == 503
    assert failures == [full]


@pytest.mark.parametrize(("busy_ns", "named"), [(50_000_000, 0), (50_000_001, 1)])
def test_a_call_that_holds_the_generator_up_is_recorded_with_its_operation(busy_ns: int, named: int) -> None:
    reported: list[AnyFact] = []
    cpu = iter((1_000, 1_000 + busy_ns))
    apis = SimulatedApis(
        SETUP,
        load("smoke"),
        small_world(),
        WallPair(0, 0),
        lambda: 5,
        lambda facts, *_: reported.extend(facts),
        cpu=lambda: next(cpu),
    )
    body = b'{"query": "{ shop { name } locations(first: 1) { nodes { id } } }"}'
    apis.handle(
        ApiRequest(
            "POST",
            "/admin/api/2026-10/graphql.json",
            "",
            {"x-shopify-access-token": "a", "content-type": "application/json"},
            body,
        )
    )
    held = [fact for fact in reported if isinstance(fact, GeneratorHeld)]
    assert held == [GeneratorHeld(5, 0, "admin", "shop+locations", 5, busy_ns)] * named


RUN = 'mutation { bulkOperationRunQuery(query: "{ products { nodes { id } } }") { userErrors { message } } }'
BULK = msgspec.json.encode({"query": RUN})


def test_a_bulk_query_runs_between_calls_until_it_has_ended() -> None:
    pauses: list[float] = []
    works: list[Callable[[], None]] = []
    events: list[Event] = []

    def on_change(_facts: list[AnyFact], fired: list[Event], _now_ns: int) -> None:
        events.extend(fired)

    apis = SimulatedApis(
        SETUP,
        load("smoke"),
        small_world(),
        WallPair(0, 0),
        lambda: 5,
        on_change,
        pause=pauses.append,
        spawn=works.append,
    )
    request = ApiRequest(
        "POST",
        "/admin/api/2026-10/graphql.json",
        "",
        {"x-shopify-access-token": "a", "content-type": "application/json"},
        BULK,
    )
    apis.handle(request)
    apis.handle(request)
    assert (len(works), events) == (1, [])  # one worker for both operations
    works.pop()()
    assert [event.topic for event in events] == ["bulk_operations/finish"] * 2
    assert (len(pauses), apis.admin.background.busy) == (1, False)
    apis.handle(request)
    assert len(works) == 1
