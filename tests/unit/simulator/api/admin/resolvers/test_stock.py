import pytest

from stockstorm.simulator.history.facts import StockShown
from tests.admin_calls import Admin, change, item_gid, location_gid
from tests.small_world import STOCK, buy, product, sku, small_catalogue

LEVEL = """query Level($item: ID!, $place: ID!) { inventoryItem(id: $item) { id sku tracked
  inventoryLevel(locationId: $place) { id isActive updatedAt item { sku } location { id name }
    quantities(names: ["available", "committed", "on_hand", "incoming"]) { id name quantity updatedAt } } } }"""
PLACE = """query Place($id: ID!, $first: Int, $after: String, $query: String) { location(id: $id) {
  inventoryLevels(first: $first, after: $after, query: $query) {
    nodes { item { sku } quantities(names: ["available"]) { quantity } } pageInfo { hasNextPage endCursor } } } }"""


def level_gid(place: int) -> str:
    return (
        f"gid://shopify/InventoryLevel/{product(place).level_id}?inventory_item_id={product(place).inventory_item_id}"
    )


def test_a_level_shows_its_quantities_and_leaves_a_fact_of_the_version_shown() -> None:
    admin = Admin()
    admin.world.apply(buy(1, "online", (0, 2)), admin.now_ns)
    item = admin.data(LEVEL, item=item_gid(0), place=location_gid(0))["inventoryItem"]
    assert (item["id"], item["sku"], item["tracked"]) == (item_gid(0), sku(0), True)
    level = item["inventoryLevel"]
    assert (level["id"], level["item"]["sku"], level["location"]["id"]) == (level_gid(0), sku(0), location_gid(0))
    assert [(row["name"], row["quantity"], row["updatedAt"]) for row in level["quantities"]] == [
        ("available", STOCK - 2, "2026-11-24T06:00:00Z"),
        ("committed", 2, None),
        ("on_hand", STOCK, None),
        ("incoming", 0, None),
    ]
    assert admin.facts(StockShown) == [StockShown(admin.now_ns, 0, (sku(0),), (1,))]


def test_an_item_has_no_level_where_it_is_not_stocked_and_an_unknown_item_is_null() -> None:
    admin = Admin()
    place = next(n for n in range(4) if product(n).location_id != product(0).location_id)
    assert admin.data(LEVEL, item=item_gid(0), place=location_gid(place))["inventoryItem"]["inventoryLevel"] is None
    assert admin.data(LEVEL, item="gid://shopify/InventoryItem/7", place=location_gid(0)) == {"inventoryItem": None}
    assert admin.facts(StockShown) == []


def test_a_wrong_quantity_name_is_an_error() -> None:
    query = LEVEL.replace('"incoming"', '"left"')
    assert "'left' is invalid" in Admin().problem(query, item=item_gid(0), place=location_gid(0))["message"]


def test_pages_of_a_locations_levels_neither_skip_nor_repeat() -> None:
    admin = Admin()
    here = [each for each in small_catalogue().products if each.location_id == product(0).location_id]
    seen: list[str] = []
    after = None
    for _ in here:
        levels = admin.data(PLACE, id=location_gid(0), first=1, after=after)["location"]["inventoryLevels"]
        seen += [node["item"]["sku"] for node in levels["nodes"]]
        after = levels["pageInfo"]["endCursor"]
        assert admin.called.rows == 1
    assert sorted(seen) == sorted(each.sku for each in here)
    assert not levels["pageInfo"]["hasNextPage"]


def test_levels_can_be_filtered_by_the_time_of_their_update() -> None:
    admin = Admin()
    admin.adjust("k", change(0, -1))
    page = admin.data(PLACE, id=location_gid(0), first=10, query="updated_at:>='2026-11-24T06:00:01Z'")
    assert [node["item"]["sku"] for node in page["location"]["inventoryLevels"]["nodes"]] == [sku(0)]
    older = admin.data(PLACE, id=location_gid(0), first=10, query="updated_at:<'2026-11-24T06:00:01Z'")
    assert sku(0) not in [node["item"]["sku"] for node in older["location"]["inventoryLevels"]["nodes"]]


def test_items_are_found_by_sku() -> None:
    query = """query Find($query: String) { inventoryItems(first: 5, query: $query) { nodes {
      id inventoryLevels(first: 1) { nodes { location { id } } } } } }"""
    (item,) = Admin().data(query, query=f"sku:{sku(2)}")["inventoryItems"]["nodes"]
    assert item == {"id": item_gid(2), "inventoryLevels": {"nodes": [{"location": {"id": location_gid(2)}}]}}


def test_items_are_searched_with_or_and_not() -> None:
    query = "query Find($query: String) { inventoryItems(first: 5, query: $query) { nodes { sku } } }"
    found = Admin().data(query, query=f"sku:{sku(2)} OR (sku:sku-* -sku:{sku(1)})")["inventoryItems"]["nodes"]
    assert [item["sku"] for item in found] == [sku(2), sku(3)]


def test_a_variant_is_found_by_sku_and_shows_its_item_and_stock() -> None:
    admin = Admin()
    query = (
        "{ productVariants(first: 2) { edges { cursor node { sku inventoryQuantity inventoryItem { id } price } } } }"
    )
    edges = admin.data(query)["productVariants"]["edges"]
    assert [(edge["node"]["sku"], edge["node"]["inventoryQuantity"]) for edge in edges] == [
        (sku(0), STOCK),
        (sku(1), STOCK),
    ]
    (fact,) = admin.facts(StockShown)
    assert fact.skus == (sku(0), sku(1))


def test_locations_are_listed_in_the_order_of_the_catalogue() -> None:
    nodes = Admin().data("{ locations(first: 5) { nodes { id name isPrimary hasActiveInventory } } }")["locations"][
        "nodes"
    ]
    assert [node["id"] for node in nodes] == [f"gid://shopify/Location/{n}" for n in small_catalogue().locations]
    assert [node["isPrimary"] for node in nodes] == [True, False]


def test_objects_of_any_kind_are_found_by_their_ids() -> None:
    admin = Admin()
    query = """query Nodes($ids: [ID!]!) { nodes(ids: $ids) { __typename id
      ... on InventoryLevel { quantities(names: ["available"]) { quantity } } ... on InventoryItem { sku } } }"""
    ids = [level_gid(1), item_gid(2), "gid://shopify/InventoryItem/3", "gid://shopify/Nothing/1", location_gid(0)]
    assert admin.data(query, ids=ids)["nodes"] == [
        {"__typename": "InventoryLevel", "id": level_gid(1), "quantities": [{"quantity": STOCK}]},
        {"__typename": "InventoryItem", "id": item_gid(2), "sku": sku(2)},
        None,
        None,
        {"__typename": "Location", "id": location_gid(0)},
    ]
    assert admin.called.rows == 5
    (fact,) = admin.facts(StockShown)
    assert (fact.skus, fact.versions) == ((sku(1),), (0,))


def test_the_shop_shows_its_plan_and_the_app_its_scopes() -> None:
    shop = "shop { myshopifyDomain currencyCode plan { shopifyPlus publicDisplayName } }"
    data = Admin(plan="plus").data(f"{{ {shop} currentAppInstallation {{ accessScopes {{ handle }} }} }}")
    assert data["shop"]["plan"] == {"shopifyPlus": True, "publicDisplayName": "Shopify Plus"}
    assert {"handle": "write_inventory"} in data["currentAppInstallation"]["accessScopes"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "you must provide one of first or last"),
        ("(first: 1, last: 1)", "providing both first and last is not supported"),
        ("(first: 251)", "first must be between 0 and 250, but is 251."),
        ('(first: 1, after: "nonsense")', "Invalid cursor for current pagination sort: 'nonsense'."),
    ],
)
def test_invalid_paging_is_an_error_of_the_field(arguments: str, message: str) -> None:
    answer = Admin().ask(f"{{ inventoryItems{arguments} {{ nodes {{ id }} }} }}")
    assert answer["data"] is None
    assert [(each["message"], each["path"]) for each in answer["errors"]] == [(message, ["inventoryItems"])]
