"""A service reads one product or one refund when a webhook was too large for its bus."""

import msgspec
import pytest

from stockstorm.reference_service.clients.order_documents import WHOLE_PRODUCT, WHOLE_REFUND
from stockstorm.simulator.api.admin.resolvers.products.index import index_of
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import OrdersShown, StockShown
from stockstorm.simulator.plan.items import PlannedProductEdit
from tests.admin_calls import WALL, Admin
from tests.small_world import buy, give_back, own_orders, product, sku

PRODUCT = "query($id: ID!) { product(id: $id) { id legacyResourceId title handle vendor status createdAt updatedAt } }"


def test_a_product_shows_the_time_of_its_last_edit() -> None:
    admin = Admin()
    mug = product(0)
    gid = f"gid://shopify/Product/{mug.product_id}"
    before = admin.data(PRODUCT, id=gid)["product"]
    assert (before["id"], before["legacyResourceId"], before["title"]) == (gid, str(mug.product_id), mug.title)
    assert (before["status"], before["createdAt"], before["updatedAt"]) == (
        "ACTIVE",
        "2025-03-01T15:15:00Z",
        "2026-11-24T06:00:00Z",
    )
    admin.world.apply(PlannedProductEdit(0, 1, sku(0)), admin.now_ns + 4 * SECOND_NS)
    assert admin.data(WHOLE_PRODUCT.text, id=gid)["node"]["updatedAt"] == "2026-11-24T06:00:05Z"
    assert admin.data(PRODUCT, id="gid://shopify/Product/1") == {"product": None}


def test_a_refund_is_found_by_its_own_id_with_its_order() -> None:
    admin = Admin()
    admin.world.apply(buy(7, "online", (0, 2)), admin.now_ns)
    admin.world.apply(give_back(7, (0, 1)), admin.now_ns + SECOND_NS)
    (order,) = own_orders(admin.world)
    (refund,) = order.refunds
    gid = f"gid://shopify/Refund/{refund.refund_id}"
    assert admin.data(WHOLE_REFUND.text, id=gid)["node"] == {
        "id": gid,
        "order": {"id": f"gid://shopify/Order/{order.order_id}"},
        "refundLineItems": {"nodes": [{"quantity": 1, "restockType": "RETURN"}]},
    }
    assert admin.facts(OrdersShown)[0].orders == (7,)
    assert admin.data(WHOLE_REFUND.text, id="gid://shopify/Refund/1") == {"node": None}


LISTED = """query Listed($query: String, $sort: ProductSortKeys, $after: String) {
  products(first: 2, query: $query, sortKey: $sort, after: $after) {
    nodes { title totalInventory variants(first: 3) { nodes { sku product { id } metafields(first: 5) { nodes {
      namespace key value } } } } } pageInfo { hasNextPage endCursor } } }"""
UPDATE = """mutation Update($id: ID!, $rows: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $id, variants: $rows) {
    productVariants { price barcode compareAtPrice inventoryItem { unitCost { amount } } }
    userErrors { field code } } }"""
ITEM = """mutation Item($id: ID!, $input: InventoryItemInput!) { inventoryItemUpdate(id: $id, input: $input) {
    inventoryItem { countryCodeOfOrigin unitCost { amount currencyCode } } userErrors { field message } } }"""


def titles(admin: Admin, **variables: object) -> list[str]:
    """All pages."""
    found: list[str] = []
    after, more = None, True
    while more:
        page = admin.data(LISTED, **{"sort": "TITLE", "after": after, **variables})["products"]
        found += [node["title"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found


@pytest.mark.parametrize("sort", ["ID", "TITLE", "VENDOR", "PRODUCT_TYPE", "UPDATED_AT", "CREATED_AT"])
def test_pages_of_products_are_whole_in_every_order(sort: str) -> None:
    everything = sorted(product(place).title for place in range(4))
    found = titles(Admin(), sort=sort)
    assert sorted(found) == everything
    assert sort != "TITLE" or found == sorted(found, key=str.casefold)


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("sku:{sku}", [1]),
        ("sku:sku-* -sku:{sku}", [2, 3]),
        ("title:'{title}' OR sku:{sku}", [1, 2]),
        ("inventory_total:<10", [3]),
        ("status:active,draft tag:hot", [0]),
        ("status:draft", []),
        ("product_type:{type} vendor:{vendor}", [2]),
        ("id:{id}", [1]),
        ("price:>=0 has_only_default_variant:true barcode:x", []),
        ("{word}", [1]),
    ],
)
def test_products_are_searched_in_shopifys_syntax(query: str, places: list[int]) -> None:
    admin = Admin()
    admin.world.apply(buy(0, "online", (3, 1)), admin.now_ns)
    one, two = product(1), product(2)
    given = query.format(
        sku=one.sku, title=two.title, type=two.product_type, vendor=f"'{two.vendor}'", id=one.product_id, word=one.sku
    )
    assert sorted(titles(admin, query=given)) == sorted(product(place).title for place in places)
    count = admin.data("query($q: String) { productsCount(query: $q) { count } }", q=given)
    assert count["productsCount"]["count"] == len(places)


def test_reading_products_shows_their_stock() -> None:
    admin = Admin()
    admin.data(LISTED, sort="ID")
    (shown,) = admin.facts(StockShown)
    assert set(shown.skus) <= {product(place).sku for place in range(4)}
    assert len(shown.skus) == 2


def test_collections_and_metafields_are_read() -> None:
    admin = Admin()
    found = admin.data(
        "{ collections(first: 9) { nodes { id title productsCount { count } products(first: 9) { nodes { id } } } } }"
    )
    nodes = found["collections"]["nodes"]
    assert sum(node["productsCount"]["count"] for node in nodes) == 4
    one = nodes[0]
    inside = one["products"]["nodes"][0]["id"]
    asked = admin.data(
        "query($c: ID!, $p: ID!) { collection(id: $c) { hasProduct(id: $p) } product(id: $p) { inCollection(id: $c)"
        ' metafield(namespace: "custom", key: "material") { value type } collections(first: 1) { nodes { title } } } }',
        c=one["id"],
        p=inside,
    )
    assert (asked["collection"]["hasProduct"], asked["product"]["inCollection"]) == (True, True)
    assert asked["product"]["metafield"]["type"] == "single_line_text_field"
    assert asked["product"]["collections"]["nodes"] == [{"title": one["title"]}]


def test_variants_orders_customers_and_collections_have_metafields_too() -> None:
    admin = Admin()
    admin.world.apply(buy(7, "online", (0, 1)), admin.now_ns)
    fields = "metafields(first: 5) { nodes { namespace key value ownerType type sizeInBytes } }"
    found = admin.data(
        f"{{ productVariants(first: 1) {{ nodes {{ {fields} }} }} collections(first: 1) {{ nodes {{ {fields} }} }}"
        f" orders(first: 1) {{ nodes {{ {fields} customer {{ {fields}"
        ' one: metafield(key: "loyalty.tier") { value }'
        ' none: metafield(namespace: "loyalty", key: "x") { value } } } } }'
    )
    order = found["orders"]["nodes"][0]
    owners = [found["productVariants"]["nodes"][0], found["collections"]["nodes"][0], order, order["customer"]]
    kinds = ["PRODUCTVARIANT", "COLLECTION", "ORDER", "CUSTOMER"]
    assert [[each["ownerType"] for each in owner["metafields"]["nodes"]] for owner in owners] == [[k] for k in kinds]
    (tier,) = order["customer"]["metafields"]["nodes"]
    assert (tier["namespace"], tier["key"], tier["sizeInBytes"]) == ("loyalty", "tier", len(tier["value"]))
    assert order["customer"]["one"] == {"value": tier["value"]}
    assert order["customer"]["none"] is None


def test_an_edit_changes_price_and_item_from_then_on_and_tells_subscribers() -> None:
    admin = Admin()
    mug = product(0)
    row = {"id": f"gid://shopify/ProductVariant/{mug.variant_id}", "price": 12.5, "barcode": "4006381333931"}
    row |= {"compareAtPrice": "15.00", "inventoryItem": {"cost": "3.2"}}
    made = admin.data(UPDATE, id=f"gid://shopify/Product/{mug.product_id}", rows=[row])["productVariantsBulkUpdate"]
    (variant,) = made["productVariants"]
    assert variant.pop("inventoryItem") == {"unitCost": {"amount": "3.20"}}
    assert variant == {"price": "12.50", "barcode": "4006381333931", "compareAtPrice": "15.00"}
    assert [event.topic for event in admin.reply.events] == ["products/update", "inventory_items/update"]
    payloads = Payloads(admin.world.catalogue, admin.world.config.shop, WALL)
    edited, item = (msgspec.json.decode(payloads.body(event)) for event in admin.reply.events)
    assert (edited["variants"][0]["price"], item["cost"]) == ("12.50", "3.20")
    admin.world.apply(buy(0, "online", (0, 1)), admin.now_ns)
    assert own_orders(admin.world)[0].lines[0].price_minor == 1_250
    admin.data(UPDATE, id=f"gid://shopify/Product/{mug.product_id}", rows=[row])
    assert admin.reply.events == []  # nothing new


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({}, "PRODUCT_VARIANT_ID_MISSING"),
        ({"id": "gid://shopify/ProductVariant/1"}, "PRODUCT_VARIANT_DOES_NOT_EXIST"),
        ({"price": "-1"}, "GREATER_THAN_OR_EQUAL_TO"),
        ({"price": "dear"}, "INVALID_INPUT"),
        ({"barcode": "x" * 256}, "TOO_LONG"),
    ],
)
def test_a_bad_edit_is_refused_and_changes_nothing(row: dict[str, object], code: str) -> None:
    admin = Admin()
    given = {"id": f"gid://shopify/ProductVariant/{product(0).variant_id}"} | row if row else {}
    payload = admin.data(UPDATE, id=f"gid://shopify/Product/{product(0).product_id}", rows=[given])
    assert [error["code"] for error in payload["productVariantsBulkUpdate"]["userErrors"]] == [code]
    assert admin.reply.events == []


def test_an_inventory_item_is_edited_and_keeps_its_sku() -> None:
    admin = Admin()
    gid = f"gid://shopify/InventoryItem/{product(0).inventory_item_id}"
    made = admin.data(ITEM, id=gid, input={"cost": "7", "countryCodeOfOrigin": "IT"})["inventoryItemUpdate"]
    assert made["inventoryItem"] == {"countryCodeOfOrigin": "IT", "unitCost": {"amount": "7.00", "currencyCode": "GBP"}}
    assert [event.topic for event in admin.reply.events] == ["products/update", "inventory_items/update"]
    for given in ({"sku": "NEW"}, {"tracked": False}):
        assert admin.problem(ITEM, id=gid, input=given)["extensions"]["code"] == "NOT_PLAYED"
    nobody = admin.data(ITEM, id="gid://shopify/InventoryItem/1", input={"cost": "7"})["inventoryItemUpdate"]
    assert [error["field"] for error in nobody["userErrors"]] == [["id"]]


@pytest.mark.parametrize(
    ("root", "query"),
    [
        ("products", "title:x*"),
        ("productVariants", "sku:x*"),
        ("inventoryItems", "sku:x*"),
        ("products", "inventory_total:<0"),
    ],
)
def test_the_searches_of_one_call_share_what_they_may_compare(
    root: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each alone is small. 100 of them over 1,000 products held everything up for 150 ms."""
    admin = Admin()
    monkeypatch.setattr("stockstorm.simulator.api.admin.base.call.SEARCH_TESTS_MAX", 3 * len(admin.api.state.items))
    fields = [f"a{n}: {root}(first: 1, query: $q) {{ nodes {{ id }} }}" for n in range(4)]
    assert "errors" not in admin.ask(f"query($q: String) {{ {' '.join(fields[:3])} }}", q=query)
    refused = admin.ask(f"query($q: String) {{ {' '.join(fields)} }}", q=query)
    assert refused["errors"] == [{"message": "This query is too large to execute."}]


def test_no_call_makes_what_takes_long_for_a_large_catalogue() -> None:
    """For 50,000 items the first page of products took 270 ms."""
    admin = Admin()
    index = index_of(admin.api.state)
    made = index._orders.keys() | index._folded.keys()
    for sort in ("ID", "TITLE", "VENDOR", "PRODUCT_TYPE", "UPDATED_AT"):
        shown = "nodes { id collections(first: 1) { nodes { id } } }"
        admin.data(f"{{ products(first: 3, sortKey: {sort}) {{ {shown} }} }}")
    for sort in ("ID", "SKU", "TITLE", "FULL_TITLE", "NAME", "POSITION", "RELEVANCE"):
        admin.data(f"{{ productVariants(first: 3, sortKey: {sort}) {{ nodes {{ id }} }} }}")
    for field in ("", "sku:", "title:", "vendor:", "product_type:", "tag:", "tag_not:", "variant_title:", "handle:"):
        admin.data("query($q: String) { products(first: 3, query: $q) { nodes { id } } }", q=f"{field}x*")
    assert index._orders.keys() | index._folded.keys() == made
    assert "collections" in vars(index)
