"""The REST API as a whole: token, bucket, paths, faults, and what the history says of a call."""

from contextlib import suppress

import msgspec
import pytest

from stockstorm.simulator.api.exchange import ApiRequest
from stockstorm.simulator.api.faults import REGISTRY, target_of
from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.api.rest import is_rest
from stockstorm.simulator.api.rest.resources import REAL, ROUTES
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ApiFaultConfig, ApiFaultKind
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import StockChanged, StockShown, VersionAsked
from stockstorm.simulator.seeds import Seeds
from tests.admin_calls import WALL
from tests.literal_shop import product_event
from tests.rest_calls import Rest
from tests.small_world import available, product

DRAWS = Seeds(3).draws("test")


def adjustment(delta: int = -1) -> dict[str, int]:
    one = product(0)
    return {
        "location_id": one.location_id,
        "inventory_item_id": one.inventory_item_id,
        "available_adjustment": delta,
    }


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("/admin/api/2026-10/orders.json", True),
        ("/admin/oauth/access_scopes.json", True),
        ("/admin/api/2026-10/graphql.json", False),
        ("/marketplaces/bazaar/v1/orders", False),
    ],
)
def test_which_paths_are_of_the_rest_api(path: str, rest: bool) -> None:
    assert is_rest(path) is rest


def test_every_route_is_beneath_a_root_that_shopify_has() -> None:
    assert {template.split("/")[0] for _, template in ROUTES} <= REAL


def test_an_answer_has_the_headers_of_shopify() -> None:
    rest = Rest(plan="standard")
    rest.get("shop")
    assert rest.header["X-Shopify-Shop-Api-Call-Limit"] == "1/40"
    assert rest.header["X-Request-Id"]
    assert rest.header["Content-Type"] == "application/json; charset=utf-8"
    assert (rest.called.api, rest.called.operation, rest.called.outcome) == ("admin", "REST GET shop", "ok")


def test_a_wrong_token_is_denied_and_costs_no_call() -> None:
    rest = Rest()
    rest.token = "wrong"
    answer = rest.send("GET", "shop")
    assert answer == {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
    assert (rest.reply.status, rest.called.outcome, rest.called.cost) == (401, "denied", 0)
    assert rest.called.errors == ("the token in the header X-Shopify-Access-Token is not the token of this run",)


@pytest.mark.parametrize(
    ("path", "status", "errors", "operation"),
    [
        ("ordres", 404, "Not Found", "GET /admin/api/2026-10/ordres.json"),
        ("orders/4711", 404, "Not Found", "REST GET orders/{id}"),
        ("/admin/api/2026-10/orders", 406, "Not Acceptable", "REST GET orders"),
        ("/admin/api/latest/orders.json", 404, "Not Found", "GET /admin/api/latest/orders.json"),
    ],
)
def test_a_path_that_leads_nowhere(path: str, status: int, errors: str, operation: str) -> None:
    rest = Rest()
    assert rest.send("GET", path) == {"errors": errors}
    assert (rest.reply.status, rest.called.operation, rest.called.unplayed) == (status, operation, ())


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "price_rules", "endpoint GET price_rules"),
        ("POST", "products", "endpoint POST products"),
        ("GET", "orders/5812300000001/risks", "endpoint GET orders/{id}/risks"),
        ("PUT", "orders/5812300000001", "endpoint PUT orders/{id}"),
    ],
)
def test_what_shopify_has_and_is_not_played_is_marked(method: str, path: str, name: str) -> None:
    rest = Rest()
    answer = rest.send(method, path)
    assert answer["errors"].startswith(f"NOT_PLAYED: Stockstorm does not play the {name};")
    assert (rest.reply.status, rest.called.outcome, rest.called.unplayed) == (501, "bad_request", (name,))
    assert not rest.called.server_failed


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/admin/api/2026-04/shop.json", "2026-04"),
        ("/admin/api/2023-07/shop.json", "2025-10"),
        ("/admin/shop.json", "2025-10"),
        ("/admin/api/unstable/shop.json", "unstable"),
    ],
)
def test_the_version_of_the_path_is_served_and_told_once(path: str, served: str) -> None:
    rest = Rest()
    rest.get(path)
    assert rest.header["X-Shopify-API-Version"] == served
    assert [fact.served for fact in rest.facts(VersionAsked)] == [served]
    rest.get(path)
    assert not rest.facts(VersionAsked)


def test_a_missing_scope_is_forbidden_and_named() -> None:
    rest = Rest()
    rest.world.app.change_scopes(("read_products", "read_inventory"), rest.now_ns)
    answer = rest.send("GET", "orders")
    assert answer == {"errors": "[API] This action requires merchant approval for read_orders scope."}
    assert (rest.reply.status, rest.called.outcome) == (403, "error")
    rest.get("inventory_levels", location_ids=product(0).location_id)
    rest.post("inventory_levels/adjust", adjustment())
    assert (rest.reply.status, available(rest.world, 0)) == (403, 10)
    assert [each["handle"] for each in rest.get("/admin/oauth/access_scopes.json")["access_scopes"]] == [
        "read_products",
        "read_inventory",
    ]


def test_a_revoked_token_is_denied() -> None:
    rest = Rest()
    rest.world.app.revoke_token(rest.now_ns)
    rest.send("GET", "shop")
    assert rest.reply.status == 401


# -- the bucket ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plan", "size", "leak"), [("standard", 40, 2), ("plus", 400, 20)])
def test_a_full_bucket_refuses_and_leaks(plan: str, size: int, leak: int) -> None:
    rest = Rest(plan=plan)
    rest.tick_ns = 0
    for number in range(1, size + 1):
        rest.get("locations/count")
        assert rest.header["X-Shopify-Shop-Api-Call-Limit"] == f"{number}/{size}"
    rest.send("GET", "locations/count")
    assert (rest.reply.status, rest.called.outcome, rest.called.injected) == (429, "throttled", "")
    assert rest.header["Retry-After"] == "2.0"
    rest.now_ns += SECOND_NS // leak - 1
    rest.send("GET", "locations/count")
    assert rest.reply.status == 429
    rest.now_ns += 1
    rest.get("locations/count")


def test_a_call_that_is_refused_for_its_content_counts_too() -> None:
    rest = Rest(plan="standard")
    rest.tick_ns = 0
    rest.send("GET", "orders/1")
    rest.send("GET", "price_rules")
    assert rest.header["X-Shopify-Shop-Api-Call-Limit"] == "2/40"


# -- faults --------------------------------------------------------------------------------------------------------


def made(kind: ApiFaultKind) -> Injection:
    return REGISTRY[kind](ApiFaultConfig(kind=kind), DRAWS)


@pytest.mark.parametrize("kind", ["server_error", "failed_after", "throttled", "slow", "answer_lost", "dropped"])
def test_a_fault_hits_a_rest_call_as_any_other(kind: ApiFaultKind) -> None:
    rest = Rest()
    rest.injection = made(kind)
    with suppress(msgspec.DecodeError):  # of a gateway's HTML
        rest.post("inventory_levels/adjust", adjustment())
    executed = kind not in {"server_error", "throttled", "dropped", "down"}
    assert bool(rest.facts(StockChanged)) is executed
    assert available(rest.world, 0) == (9 if executed else 10)
    assert rest.called.injected == kind
    assert rest.reply.dropped is (kind in {"answer_lost", "dropped"})
    assert bool(rest.facts(StockShown)) is (kind == "slow")


def test_a_throttled_call_says_when_to_come_again_once_and_the_next_ones_are_of_the_fault_too() -> None:
    rest = Rest()
    rest.injection = made("throttled")
    rest.post("inventory_levels/adjust", adjustment())
    assert rest.reply.status == 429
    assert [value for name, value in rest.reply.headers if name == "Retry-After"] == ["2.0"]
    rest.injection, rest.tick_ns = Injection(), SECOND_NS // 1000
    rest.post("inventory_levels/adjust", adjustment())
    assert (rest.reply.status, rest.called.injected) == (429, "throttled")


def test_a_fault_does_not_hit_what_is_refused_without_it() -> None:
    rest = Rest()
    rest.injection = made("server_error")
    rest.send("GET", "price_rules")
    assert (rest.reply.status, rest.called.injected) == (501, "")


@pytest.mark.parametrize(
    ("method", "path", "writes"),
    [("GET", "orders", False), ("POST", "inventory_levels/set", True), ("DELETE", "webhooks/1", True)],
)
def test_reads_and_writes_are_told_apart_for_faults(method: str, path: str, writes: bool) -> None:
    target = target_of(ApiRequest(method, f"/admin/api/2026-10/{path}.json", "", {}, b'{"query": "mutation"}'))
    assert (target.api, target.writes) == ("admin", writes)


# -- hostile requests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"[", b"[1]", b'"x"', b"\xff", b'{"a":' * 5_000, b'{"location_id": 1e400}', b'{"location_id": true}']
)
def test_a_body_that_is_no_object_is_a_bad_request(body: bytes) -> None:
    rest = Rest()
    rest.post("inventory_levels/set", body)
    assert (rest.reply.status, rest.called.outcome) == (400, "bad_request")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "x"},
        {"limit": "9" * 5_000},
        {"ids": "a,b"},
        {"created_at_min": "yesterday"},
        {"since_id": "-"},
        {"page_info": "x"},
        {"page_info": "e30"},
        {"page_info": "A" * 9_000},
        {f"name{number}": "x" for number in range(200)},
    ],
)
def test_a_parameter_that_makes_no_sense_is_a_bad_request(query: dict[str, str]) -> None:
    rest = Rest()
    rest.send("GET", "orders", **query)
    assert rest.reply.status == 400
    assert rest.called.errors


def test_the_shop_is_the_same_as_app_uninstalled_tells_it() -> None:
    rest = Rest()
    world = rest.world
    payloads = Payloads(world.catalogue, world.config.shop, WALL)
    told = msgspec.json.decode(payloads.body(msgspec.structs.replace(product_event(), topic="app/uninstalled")))
    shown = rest.get("shop")["shop"]
    assert {name for name, value in told.items() if shown[name] != value} <= {"updated_at"}
    assert list(shown) == list(told)
    assert rest.get("shop", fields="id,plan_name")["shop"] == {"id": told["id"], "plan_name": "shopify_plus"}
