"""Fields that apps ask for besides stock: what replaces deprecated ones, and what a shop without it answers."""

from typing import Any

import pytest

from tests.admin_calls import Admin, item_gid, location_gid
from tests.small_world import buy, own_orders, pay, product

PRODUCT = """query($id: ID!) { product(id: $id) {
  featuredMedia { id } media(first: 3) { nodes { id ... on MediaImage { image { url } } } pageInfo { hasNextPage } }
  images(first: 3) { edges { node { url } } } mediaCount { count } seo { title description } category { fullName }
  compareAtPriceRange { minVariantCompareAtPrice { amount } } hasVariantsThatRequiresComponents requiresSellingPlan
  options { values optionValues { id name hasVariants } }
  variants(first: 1) { nodes { media(first: 1) { nodes { id } } requiresComponents unitPrice { amount } } } } }"""
ORDER = """query($id: ID!, $of: OrderIdentifierInput!) { orderByIdentifier(identifier: $of) { id } order(id: $id) {
  statusPageUrl lineItems(first: 1) { nodes { image { url } discountAllocations { allocatedAmountSet {
    shopMoney { amount } } } } } capturable: transactions(capturable: true) { id } transactions { authorizationCode }
  fulfillmentOrders(first: 1) { nodes { deliveryMethod { methodType } destination { city email } fulfillBy fulfillAt
    supportedActions { action } } } } }"""
SHOP = """{ shop { shopOwnerName currencyFormats { moneyFormat moneyWithCurrencyFormat } shopAddress { city zip }
    metafield(namespace: "a", key: "b") { value } }
  currentAppInstallation { id activeSubscriptions { status } metafields(first: 1) { nodes { id } } }
  app { handle } other: app(id: "gid://shopify/App/1") { id } appInstallation { id }
  locations(first: 1) { nodes { isFulfillmentService fulfillmentService { id } addressVerified
    metafield(namespace: "a", key: "b") { value } } } }"""


def test_a_product_has_no_pictures_and_the_values_of_its_option() -> None:
    found = Admin().data(PRODUCT, id=f"gid://shopify/Product/{product(0).product_id}")["product"]
    assert found["media"] == {"nodes": [], "pageInfo": {"hasNextPage": False}}
    assert (found["featuredMedia"], found["images"], found["mediaCount"]) == (None, {"edges": []}, {"count": 0})
    option = found["options"][0]
    assert [value["name"] for value in option["optionValues"]] == option["values"]
    assert found["variants"]["nodes"][0] == {"media": {"nodes": []}, "requiresComponents": False, "unitPrice": None}


def test_paging_is_checked_even_where_there_is_nothing() -> None:
    query = "query($id: ID!) { product(id: $id) { media { nodes { id } } } }"
    problem = Admin().problem(query, id=f"gid://shopify/Product/{product(0).product_id}")
    assert problem["message"] == "you must provide one of first or last"


def test_the_variants_of_an_item_replace_its_variant() -> None:
    query = """query($id: ID!) { inventoryItem(id: $id) { variant { id sku } variants(first: 5) {
      nodes { id sku } pageInfo { hasNextPage } } } }"""
    admin = Admin()
    found = admin.data(query, id=item_gid(0))["inventoryItem"]
    assert found["variants"] == {"nodes": [found["variant"]], "pageInfo": {"hasNextPage": False}}
    admin.path = "/admin/api/2025-10/graphql.json"  # which does not have it yet
    assert admin.problem(query, id=item_gid(0))["extensions"]["code"] == "undefinedField"


def test_an_order_shows_its_delivery_and_where_its_buyer_sees_it() -> None:
    admin = Admin()
    admin.world.apply(buy(1, "online", (0, 1)), admin.now_ns)
    admin.world.apply(pay(1), admin.now_ns)
    (order,) = own_orders(admin.world)
    gid = f"gid://shopify/Order/{order.order_id}"
    answer = admin.data(ORDER, id=gid, of={"id": gid})
    found = answer["order"]
    assert answer["orderByIdentifier"] == {"id": gid}
    assert found["statusPageUrl"].startswith("https://")
    assert found["lineItems"]["nodes"] == [{"image": None, "discountAllocations": []}]
    assert (found["capturable"], found["transactions"]) == ([], [{"authorizationCode": None}])
    (work,) = found["fulfillmentOrders"]["nodes"]
    assert (work["deliveryMethod"], work["fulfillBy"]) == ({"methodType": "SHIPPING"}, None)
    assert work["destination"]["email"] == admin.world.catalogue.buyers[order.buyer].email
    assert work["supportedActions"] == [{"action": "CREATE_FULFILLMENT"}]


def test_shop_app_and_locations_answer_what_an_app_asks_at_its_start() -> None:
    found = Admin().data(SHOP)
    assert found["shop"]["currencyFormats"] == {
        "moneyFormat": "{{amount}}",
        "moneyWithCurrencyFormat": "{{amount}} GBP",
    }
    assert (found["shop"]["shopAddress"]["city"], found["shop"]["metafield"]) == ("Bristol", None)
    assert found["currentAppInstallation"]["activeSubscriptions"] == []
    assert (found["app"], found["other"]) == ({"handle": "stock-sync"}, None)
    assert found["appInstallation"] == {"id": found["currentAppInstallation"]["id"]}
    (location,) = found["locations"]["nodes"]
    assert (location["isFulfillmentService"], location["fulfillmentService"]) == (False, None)


def test_a_level_says_why_it_cannot_be_deactivated() -> None:
    query = """query($item: ID!, $at: ID!) { inventoryItem(id: $item) { inventoryLevel(locationId: $at) {
      canDeactivate deactivationAlert } } }"""
    level = Admin().data(query, item=item_gid(0), at=location_gid(0))["inventoryItem"]["inventoryLevel"]
    assert level["canDeactivate"] is False
    assert "at a minimum of 1 location" in level["deactivationAlert"]


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("(query: \"name:'Warehouse 1'\")", 1), ('(query: "active:false")', 0), ("(limit: 0)", 0)],
)
def test_locations_are_counted_as_they_are_searched(query: str, count: int) -> None:
    found: dict[str, Any] = Admin().data(f"{{ locationsCount{query} {{ count precision }} }}")["locationsCount"]
    assert found == {"count": count, "precision": "AT_LEAST" if "limit" in query else "EXACT"}


@pytest.mark.parametrize(
    "field",
    [
        'webhookSubscriptionsCount(query: "format:JSON") { count }',
        'orders(first: 1) { nodes { fulfillments(query: "status:success") { id } } }',
        'orders(first: 1) { nodes { fulfillmentOrders(first: 1, query: "status:open") { nodes { id } } } }',
        'products(first: 1) { nodes { media(first: 1, query: "id:1") { nodes { id } } } }',
    ],
)
def test_a_search_that_is_not_played_is_not_ignored(field: str) -> None:
    admin = Admin()
    admin.world.apply(buy(1, "online", (0, 1)), admin.now_ns)
    assert admin.problem(f"{{ {field} }}")["extensions"]["code"] == "NOT_PLAYED"


def test_items_are_searched_by_the_time_of_their_last_change() -> None:
    query = "query($q: String) { inventoryItems(first: 9, query: $q) { nodes { id } } }"
    admin = Admin()
    update = 'mutation($id: ID!) { inventoryItemUpdate(id: $id, input: {cost: "3.00"}) { userErrors { message } } }'
    admin.data(update, id=item_gid(1))
    found = admin.data(query, q="updated_at:>='2026-11-24T06:00:00Z'")["inventoryItems"]["nodes"]
    assert found == [{"id": item_gid(1)}]
    assert len(admin.data(query, q="created_at:<2026-11-24")["inventoryItems"]["nodes"]) == 4
