"""Levels, items, locations, products and variants by REST: the same shop as by GraphQL, in another spelling."""

from datetime import datetime

import pytest

from stockstorm.simulator.history.facts import StockChanged, StockShown, StockUnmoved
from stockstorm.simulator.model import Level
from tests.admin_calls import Admin
from tests.rest_calls import Rest
from tests.small_world import available, buy, product, small_world

GRAPHQL = '{ inventoryItems(first: 9) { nodes { legacyResourceId inventoryLevels(first: 1) { nodes { id location { \
legacyResourceId } updatedAt quantities(names: ["available"]) { quantity } } } } } }'


def place(number: int = 0) -> dict[str, int]:
    one = product(number)
    return {"location_id": one.location_id, "inventory_item_id": one.inventory_item_id}


def level(rest: Rest, number: int = 0) -> Level:
    found = rest.world.level(product(number).inventory_item_id, product(number).location_id)
    assert found is not None
    return found


def test_both_apis_show_the_same_levels() -> None:
    world = small_world()
    admin, rest = Admin(world), Rest(world)
    nodes = admin.data(GRAPHQL)["inventoryItems"]["nodes"]
    ids = ",".join(node["legacyResourceId"] for node in nodes)
    found = rest.get("inventory_levels", inventory_item_ids=ids)["inventory_levels"]
    assert [
        (str(each["inventory_item_id"]), each["admin_graphql_api_id"], str(each["location_id"]), each["available"])
        for each in found
    ] == [
        (
            node["legacyResourceId"],
            of["id"],
            of["location"]["legacyResourceId"],
            of["quantities"][0]["quantity"],
        )
        for node in nodes
        for of in node["inventoryLevels"]["nodes"]
    ]
    (shown,) = rest.facts(StockShown)
    (other,) = admin.facts(StockShown)
    assert (sorted(shown.skus), shown.versions) == (sorted(other.skus), other.versions)


def test_levels_of_a_location_and_of_items_at_it() -> None:
    rest = Rest()
    location = product(0).location_id
    expected = {each.inventory_item_id for each in rest.world.catalogue.products if each.location_id == location}
    by_filter = rest.get("inventory_levels", location_ids=location)["inventory_levels"]
    by_path = rest.get(f"locations/{location}/inventory_levels")["inventory_levels"]
    assert by_filter == by_path
    assert {each["inventory_item_id"] for each in by_filter} == expected
    both = rest.get("inventory_levels", location_ids=location, inventory_item_ids=product(0).inventory_item_id)
    assert [each["inventory_item_id"] for each in both["inventory_levels"]] == [product(0).inventory_item_id]


def test_levels_need_an_item_or_a_location() -> None:
    rest = Rest()
    rest.send("GET", "inventory_levels")
    assert (rest.reply.status, rest.called.outcome) == (422, "user_error")


def test_levels_come_in_pages_and_back() -> None:
    rest = Rest()
    ids = ",".join(str(each.inventory_item_id) for each in rest.world.catalogue.products)
    first = rest.get("inventory_levels", inventory_item_ids=ids, limit=3)["inventory_levels"]
    assert set(rest.links) == {"next"}
    second = rest.follow("next")["inventory_levels"]
    assert set(rest.links) == {"previous"}
    assert rest.follow("previous")["inventory_levels"] == first
    assert [each["inventory_item_id"] for each in first + second] == sorted(
        each.inventory_item_id for each in rest.world.catalogue.products
    )


def test_levels_that_changed_since() -> None:
    rest = Rest()
    rest.post("inventory_levels/adjust", place(1) | {"available_adjustment": 2})
    at = rest.get("inventory_levels", inventory_item_ids=place(1)["inventory_item_id"])["inventory_levels"][0]
    ids = ",".join(str(each.inventory_item_id) for each in rest.world.catalogue.products)
    since = rest.get("inventory_levels", inventory_item_ids=ids, updated_at_min=at["updated_at"])["inventory_levels"]
    assert since == [at]


def test_an_unknown_item_is_left_out_and_remembered() -> None:
    rest = Rest()
    ids = f"{place()['inventory_item_id']},4711"
    assert len(rest.get("inventory_levels", inventory_item_ids=ids)["inventory_levels"]) == 1
    assert rest.called.strangers == ("InventoryItem/4711",)
    assert rest.called.errors == ("inventory_item_ids: nothing has this id",)


# -- writing -------------------------------------------------------------------------------------------------------


def test_an_adjustment_enters_the_ledger_and_is_shown() -> None:
    rest = Rest()
    answer = rest.post("inventory_levels/adjust", place() | {"available_adjustment": -3})
    (row,) = rest.facts(StockChanged)
    assert (row.delta, row.available, row.cause, row.compared) == (-3, 7, "subject_adjust", False)
    assert (row.request, row.reference) == (rest.called.request, "")
    assert answer["inventory_level"] | {"updated_at": "", "admin_graphql_api_id": ""} == {
        **place(),
        "available": 7,
        "updated_at": "",
        "admin_graphql_api_id": "",
    }
    assert [each.topic for each in rest.reply.events] == ["inventory_levels/update"]
    assert rest.facts(StockShown)[0].versions == (1,)
    assert (rest.called.operation, rest.called.rows, rest.called.key) == ("REST POST inventory_levels/adjust", 1, "")


def test_a_set_overwrites_without_comparison() -> None:
    rest = Rest()
    rest.post("inventory_levels/set", place() | {"available": 4})
    (row,) = rest.facts(StockChanged)
    assert (row.delta, row.available, row.cause, row.compared) == (-6, 4, "subject_set", False)
    rest.post("inventory_levels/set", place() | {"available": 4})
    assert [(row.cause, row.compared) for row in rest.facts(StockUnmoved)] == [("subject_set", False)]


def test_the_same_adjustment_twice_counts_twice_since_there_are_no_keys() -> None:
    rest = Rest()
    for _ in range(2):
        rest.post("inventory_levels/adjust", place() | {"available_adjustment": -1})
    assert available(rest.world, 0) == 8


def test_values_may_stand_in_the_query_as_libraries_of_shopify_send_them() -> None:
    rest = Rest()
    rest.post("inventory_levels/set", None, **place(), available="6")
    assert level(rest).available == 6
    rest.post("inventory_levels/set", {name: str(value) for name, value in place().items()} | {"available": "5"})
    assert level(rest).available == 5


@pytest.mark.parametrize("left_out", ["location_id", "inventory_item_id", "available"])
def test_a_missing_value_is_named(left_out: str) -> None:
    rest = Rest()
    body = place() | {"available": 4}
    del body[left_out]
    assert rest.post("inventory_levels/set", body) == {"errors": {left_out: "Required parameter missing or invalid"}}
    assert (rest.reply.status, available(rest.world, 0)) == (400, 10)


def test_an_id_that_the_shop_does_not_have_is_not_found_and_named() -> None:
    rest = Rest()
    rest.post("inventory_levels/set", place() | {"available": 4, "inventory_item_id": 4711})
    assert (rest.reply.status, rest.called.strangers) == (404, ("InventoryItem/4711",))
    rest.post("inventory_levels/set", place() | {"available": 4, "location_id": 4712})
    assert (rest.reply.status, rest.called.strangers) == (404, ("Location/4712",))


def test_a_quantity_beyond_all_bounds_is_refused() -> None:
    rest = Rest()
    rest.post("inventory_levels/set", place() | {"available": 10**12})
    assert (rest.reply.status, available(rest.world, 0)) == (400, 10)


# -- what is sold --------------------------------------------------------------------------------------------------


def test_items_by_id() -> None:
    rest = Rest()
    one = product(2)
    found = rest.get(f"inventory_items/{one.inventory_item_id}")["inventory_item"]
    assert (found["sku"], found["tracked"], len(found)) == (one.sku, True, 14)
    (listed,) = rest.get("inventory_items", ids=one.inventory_item_id)["inventory_items"]
    assert listed == found
    rest.send("GET", "inventory_items")
    assert rest.reply.status == 400


def test_locations() -> None:
    rest = Rest()
    found = rest.get("locations")["locations"]
    assert [each["id"] for each in found] == list(rest.world.catalogue.locations)
    assert rest.get("locations/count") == {"count": len(found)}
    assert rest.get(f"locations/{found[1]['id']}") == {"location": found[1]}
    assert len(found[0]) == 19


def test_products_with_their_variants_and_current_stock() -> None:
    rest = Rest()
    rest.post("inventory_levels/adjust", place(1) | {"available_adjustment": -2})
    found = rest.get("products")["products"]
    assert len(found) == rest.get("products/count")["count"] == 4
    one = next(each for each in found if each["id"] == product(1).product_id)
    (variant,) = one["variants"]
    assert (variant["sku"], variant["inventory_quantity"], variant["inventory_item_id"]) == (
        product(1).sku,
        8,
        product(1).inventory_item_id,
    )
    assert variant["inventory_management"] == "shopify"
    assert not {"variant_gids", "media"} & one.keys()
    assert rest.get(f"products/{one['id']}") == {"product": one}
    assert rest.get(f"products/{one['id']}/variants") == {"variants": [variant]}
    assert rest.get(f"variants/{variant['id']}") == {"variant": variant}
    assert rest.facts(StockShown)[0].versions == (1,)
    assert rest.get(f"products/{one['id']}/variants/count") == {"count": 1}


def test_products_in_pages_with_the_filters_of_the_first_request() -> None:
    rest = Rest()
    ids = sorted(each.product_id for each in rest.world.catalogue.products)[1:]
    page = rest.get("products", since_id=ids[0] - 1, limit=2, fields="id,title")["products"]
    assert [each["id"] for each in page] == ids[:2]
    assert set(page[0]) == {"id", "title"}
    assert not rest.facts(StockShown)
    last = rest.follow("next")["products"]
    assert [each["id"] for each in last] == ids[2:]
    assert set(last[0]) == {"id", "title"}


def test_filters_must_not_be_repeated_with_page_info() -> None:
    rest = Rest()
    rest.get("products", limit=1)
    info = rest.links["next"].partition("page_info=")[2]
    answer = rest.send("GET", "products", page_info=info, vendor="x")
    assert rest.reply.status == 400
    assert answer["errors"]["vendor"].startswith("vendor cannot be passed when page_info is present.")


def test_filters_of_products() -> None:
    rest = Rest()
    one = product(3)
    for name in ("title", "handle", "vendor", "product_type"):
        found = rest.get("products", **{name: getattr(one, name)})["products"]
        assert one.product_id in [each["id"] for each in found]
        assert {each[name] for each in found} == {getattr(one, name)}
    assert rest.get("products", status="draft") == {"products": []}
    assert rest.get("products", updated_at_min="2099-01-01T00:00:00Z") == {"products": []}
    assert len(rest.get("products", created_at_max="2099-01-01T00:00:00Z")["products"]) == 4
    rest.send("GET", "products", collection_id=1)
    assert rest.called.unplayed == ("parameter collection_id of products",)


def test_stock_cannot_be_written_through_a_variant() -> None:
    rest = Rest()
    path = f"variants/{product(0).variant_id}"
    answer = rest.send("PUT", path, {"variant": {"inventory_quantity": 3}})
    assert rest.reply.status == 400
    assert answer["errors"].startswith("Write requests to inventory_quantity")
    assert available(rest.world, 0) == 10


# -- several locations ---------------------------------------------------------------------------------------------


def elsewhere(number: int = 0) -> dict[str, int]:
    """The item, and a location that does not stock it."""
    one = product(number)
    other = next(each for each in small_world().catalogue.locations if each != one.location_id)
    return {"location_id": other, "inventory_item_id": one.inventory_item_id}


def test_an_item_is_connected_to_a_second_location_and_disconnected_again() -> None:
    rest = Rest()
    answer = rest.post("inventory_levels/connect", elsewhere())
    assert (rest.reply.status, answer["inventory_level"]["available"]) == (201, 0)
    assert [each.topic for each in rest.reply.events] == ["inventory_levels/connect"]
    rest.post("inventory_levels/set", elsewhere() | {"available": 4})
    (variant,) = rest.get(f"products/{product(0).product_id}/variants")["variants"]
    assert variant["inventory_quantity"] == 14
    found = rest.get("inventory_levels", inventory_item_ids=product(0).inventory_item_id)["inventory_levels"]
    assert [(each["location_id"], each["available"]) for each in found] == sorted(
        [(place()["location_id"], 10), (elsewhere()["location_id"], 4)]
    )
    assert rest.send("DELETE", "inventory_levels", **elsewhere()) is None
    assert rest.reply.status == 204
    assert [each.topic for each in rest.reply.events] == ["inventory_levels/update", "inventory_levels/disconnect"]
    assert rest.world.available(product(0).inventory_item_id) == 10


def test_since_2026_04_a_location_that_is_connected_again_has_its_units_again() -> None:
    rest = Rest()
    for version, units in (("2026-10", 4), ("2026-01", 0)):
        rest.post("inventory_levels/set", elsewhere() | {"available": 4})
        rest.send("DELETE", "inventory_levels", **elsewhere())
        answer = rest.post(f"/admin/api/{version}/inventory_levels/connect.json", elsewhere())
        assert (rest.reply.status, answer["inventory_level"]["available"]) == (201, units)


def test_connecting_twice_leaves_the_level_as_it_is() -> None:
    rest = Rest()
    answer = rest.post("inventory_levels/connect", place())
    assert (rest.reply.status, answer["inventory_level"]["available"], rest.reply.events) == (201, 10, [])


def test_the_only_location_of_an_item_stays() -> None:
    rest = Rest()
    rest.send("DELETE", "inventory_levels", **place())
    assert (rest.reply.status, available(rest.world, 0)) == (422, 10)
    rest.send("DELETE", "inventory_levels", **elsewhere())
    assert rest.reply.status == 422


def test_a_set_connects_and_an_adjustment_does_so_in_versions_that_can() -> None:
    rest = Rest()
    rest.post("inventory_levels/set", elsewhere() | {"available": 3})
    assert rest.world.available(product(0).inventory_item_id) == 13
    body = elsewhere(1) | {"available_adjustment": 2}
    rest.post("/admin/api/2026-07/inventory_levels/adjust.json", body)
    assert (rest.reply.status, rest.header["X-Shopify-API-Version"]) == (422, "2026-07")
    rest.post("inventory_levels/adjust", body)
    assert (rest.reply.status, rest.world.available(product(1).inventory_item_id)) == (200, 12)


def test_levels_of_several_locations_come_in_pages() -> None:
    rest = Rest()
    for number in range(4):
        rest.post("inventory_levels/connect", elsewhere(number))
    ids = ",".join(str(each.inventory_item_id) for each in rest.world.catalogue.products)
    whole = rest.get("inventory_levels", inventory_item_ids=ids)["inventory_levels"]
    assert len(whole) == 8
    pages = [rest.get("inventory_levels", inventory_item_ids=ids, limit=3)["inventory_levels"]]
    while "next" in rest.links:
        pages.append(rest.follow("next")["inventory_levels"])
    assert [each for page in pages for each in page] == whole
    back = [pages[-1]]
    while "previous" in rest.links:
        back.append(rest.follow("previous")["inventory_levels"])
    assert back[::-1] == pages


# -- edits ---------------------------------------------------------------------------------------------------------


def test_a_variant_gets_another_price_everywhere() -> None:
    rest = Rest()
    path = f"variants/{product(0).variant_id}"
    shown = rest.get(path)["variant"]
    changed = rest.send("PUT", path, {"variant": {"id": shown["id"], "sku": shown["sku"], "price": "12.34"}})["variant"]
    assert [each.topic for each in rest.reply.events] == ["products/update"]
    assert changed == rest.get(path)["variant"]
    assert changed | {"updated_at": ""} == shown | {"price": "12.34", "updated_at": ""}
    (in_product,) = rest.get(f"products/{product(0).product_id}")["product"]["variants"]
    assert in_product == changed
    answer = rest.send("PUT", path, {"variant": {"price": "-1"}})
    assert (rest.reply.status, list(answer["errors"])) == (422, ["price"])
    rest.send("PUT", path, {"variant": {"sku": "another"}})
    assert rest.called.unplayed == ("field variant.sku in a change",)


def test_an_inventory_item_gets_a_cost() -> None:
    rest = Rest()
    path = f"inventory_items/{product(0).inventory_item_id}"
    changed = rest.send("PUT", path, {"inventory_item": {"cost": "3.20", "country_code_of_origin": "IT"}})
    assert [each.topic for each in rest.reply.events] == ["products/update", "inventory_items/update"]
    assert changed == rest.get(path)
    assert (changed["inventory_item"]["cost"], changed["inventory_item"]["country_code_of_origin"]) == ("3.20", "IT")
    rest.send("PUT", path, {"inventory_item": {"tracked": False}})
    assert rest.reply.status == 501
    assert rest.called.unplayed


def test_an_item_stays_where_units_of_it_are_promised_to_an_order() -> None:
    rest = Rest()
    other = next(each for each in rest.world.catalogue.locations if each != product(0).location_id)
    rest.post("inventory_levels/connect", place() | {"location_id": other})
    rest.world.apply(buy(1, "online", (0, 1)), rest.now_ns)
    rest.send("DELETE", "inventory_levels", **place())
    assert (rest.reply.status, level(rest).committed) == (422, 1)
    rest.send("DELETE", "inventory_levels", **(place() | {"location_id": other}))
    assert rest.reply.status == 204


def test_both_apis_and_webhooks_tell_the_same_time_of_creation() -> None:
    world = small_world()
    admin, rest = Admin(world), Rest(world)
    product_gid = f"gid://shopify/Product/{product(0).product_id}"
    item_gid = f"gid://shopify/InventoryItem/{product(0).inventory_item_id}"
    query = """query($product: ID!, $item: ID!) {
        product(id: $product) { createdAt variants(first: 1) { nodes { createdAt } } }
        inventoryItem(id: $item) { createdAt updatedAt }
        products(first: 9, query: "created_at:<2026-01-01") { nodes { id } } }"""
    found = admin.data(query, product=product_gid, item=item_gid)
    variant = rest.get(f"variants/{product(0).variant_id}")["variant"]
    item = rest.get(f"inventory_items/{product(0).inventory_item_id}")["inventory_item"]
    times = [
        (found["product"]["createdAt"], rest.get(f"products/{product(0).product_id}")["product"]["created_at"]),
        (found["product"]["variants"]["nodes"][0]["createdAt"], variant["created_at"]),
        (found["inventoryItem"]["createdAt"], item["created_at"]),
        (found["inventoryItem"]["updatedAt"], item["updated_at"]),
    ]
    for ours, other in times:
        assert datetime.fromisoformat(ours) == datetime.fromisoformat(other)
    assert len(found["products"]["nodes"]) == 4
