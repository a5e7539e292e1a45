"""Each version of the Admin API has its own schema; a retired one falls forward, an invented one is not found."""

import msgspec
import pytest
from graphql import GraphQLInputObjectType

from stockstorm.simulator.api.admin import AdminApi
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema, admin_schemas, sdl
from stockstorm.simulator.api.exchange import ApiRequest
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.history.facts import VersionAsked
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.versions import VERSIONS, ApiVersion
from stockstorm.simulator.world import World
from tests.admin_calls import START_NS, TOKEN, WALL, Admin
from tests.small_world import SEED, small_catalogue, small_config, small_world

SHOP = b'{"query": "{ shop { id } }"}'
NAMED = """mutation { webhookSubscriptionCreate(topic: ORDERS_PAID,
webhookSubscription: {uri: "https://a.example", name: "a"}) { webhookSubscription { id } userErrors { message } } }"""


def path_of(version: str) -> str:
    return f"/admin/api/{version}/graphql.json"


def headers_of(admin: Admin) -> dict[str, str]:
    return dict(admin.reply.headers)


def old_shop(oldest: ApiVersion, version: ApiVersion = "2026-10") -> WorldConfig:
    config = small_config()
    shop = config.shop.model_copy(update={"oldest_api_version": oldest, "api_version": version})
    return config.model_copy(update={"shop": shop})


def small_world_of(oldest: ApiVersion) -> World:
    return World(old_shop(oldest), small_catalogue(), Seeds(SEED))


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_answers_and_says_that_it_did(version: ApiVersion) -> None:
    admin = Admin()
    assert admin.post(SHOP, path=path_of(version))["data"]["shop"]
    assert headers_of(admin)["X-Shopify-API-Version"] == version
    assert [(fact.asked, fact.served) for fact in admin.facts(VersionAsked)] == [(version, version)]
    admin.post(SHOP, path=path_of(version))
    assert admin.facts(VersionAsked) == []


@pytest.mark.parametrize("path", [path_of("2024-01"), path_of("2025-07"), "/admin/api/graphql.json"])
def test_a_retired_version_and_none_at_all_are_answered_by_the_oldest(path: str) -> None:
    admin = Admin()
    assert admin.post(SHOP, path=path)["data"]["shop"]
    assert headers_of(admin)["X-Shopify-API-Version"] == "2025-10"
    assert [fact.served for fact in admin.facts(VersionAsked)] == ["2025-10"]


@pytest.mark.parametrize("version", ["2026-05", "2031-01", "latest", "2026-10/x"])
def test_an_invented_version_is_not_found(version: str) -> None:
    admin = Admin()
    assert admin.post(SHOP, path=path_of(version)) == {"errors": "Not Found"}
    assert (admin.reply.status, admin.facts(VersionAsked)) == (404, [])


def test_which_versions_are_retired_is_a_setting_of_the_shop() -> None:
    api = AdminApi(small_world(), old_shop("2026-04"), TOKEN, WALL)
    reply = api.handle(
        ApiRequest(
            "POST", path_of("2026-01"), "", {"x-shopify-access-token": TOKEN, "content-type": "application/json"}, SHOP
        ),
        START_NS,
    )
    assert dict(reply.headers)["X-Shopify-API-Version"] == "2026-04"


def test_a_wrong_token_asks_for_no_version() -> None:
    admin = Admin()
    admin.post(SHOP, token="wrong")
    assert admin.facts(VersionAsked) == []


def test_a_member_is_in_the_schema_of_the_versions_that_have_it() -> None:
    rows = {
        version: admin_schema(version).type_map["InventoryQuantityInput"]
        for version in ("2025-10", "2026-01", "2026-04", "unstable")
    }
    assert all(isinstance(row, GraphQLInputObjectType) for row in rows.values())
    has = {version: sorted(row.fields) for version, row in rows.items() if isinstance(row, GraphQLInputObjectType)}
    both = ["changeFromQuantity", "compareQuantity", "inventoryItemId", "locationId", "quantity"]
    assert has["2025-10"] == [name for name in both if name != "changeFromQuantity"]
    assert has["2026-01"] == both
    assert has["2026-04"] == has["unstable"] == [name for name in both if name != "compareQuantity"]
    assert admin_schema("2025-10").get_directive("idempotent") is None
    assert admin_schema("2026-01").get_directive("idempotent") is not None
    assert "ITEM_NOT_STOCKED_AT_LOCATION" in sdl("2026-07")
    assert "ITEM_NOT_STOCKED_AT_LOCATION" not in sdl("2026-10")
    assert "CHANGE_FROM_QUANTITY_STALE" not in sdl("2025-10")
    assert (
        sdl("2026-01").count("  CHANGE_FROM_QUANTITY_STALE")
        == sdl("2026-10").count("  CHANGE_FROM_QUANTITY_STALE")
        == 4
    )


def test_versions_without_a_difference_share_a_schema() -> None:
    schemas = admin_schemas()
    assert list(schemas) == list(VERSIONS)
    assert schemas["2026-10"] is schemas["unstable"]
    assert len(set(schemas.values())) < len(VERSIONS)


def test_one_document_is_read_by_the_schema_of_the_version_that_is_asked_for() -> None:
    admin = Admin()
    body = msgspec.json.encode({"query": NAMED})
    (problem,) = admin.post(body, path=path_of("2026-01"))["errors"]
    assert problem["message"] == "InputObject 'WebhookSubscriptionInput' doesn't accept argument 'name'"
    assert admin.post(body, path=path_of("2026-04"))["data"]["webhookSubscriptionCreate"]["userErrors"] == []


@pytest.mark.parametrize(
    ("oldest", "version", "shown"),
    [("2025-10", "2026-07", "2026-07"), ("2026-04", "2026-01", "2026-04"), ("2026-10", "unstable", "unstable")],
)
def test_a_subscription_shows_the_version_of_its_app_s_deliveries(
    oldest: ApiVersion, version: ApiVersion, shown: str
) -> None:
    config = old_shop(oldest, version)
    world = small_world()
    world.config = config
    admin = Admin(world)
    mutation = NAMED.replace("{ id }", "{ apiVersion { handle supported } }")
    payload = admin.data(mutation)["webhookSubscriptionCreate"]
    assert payload["webhookSubscription"]["apiVersion"] == {"handle": shown, "supported": shown != "unstable"}


def test_the_versions_that_are_served_are_listed() -> None:
    admin = Admin()
    admin.api = AdminApi(small_world_of("2026-04"), old_shop("2026-04"), TOKEN, WALL)
    listed = admin.data("{ publicApiVersions { handle displayName supported } }")["publicApiVersions"]
    assert [each["handle"] for each in listed] == ["2026-04", "2026-07", "2026-10", "2027-01", "unstable"]
    assert [each["displayName"] for each in listed][2:4] == ["2026-10 (Latest)", "2027-01 (Release candidate)"]
    assert [each["supported"] for each in listed] == [True, True, True, False, False]
