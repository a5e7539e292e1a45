"""Products with several variants, in GraphQL, in REST, in webhooks and on the lines of orders."""

import json
from functools import cache
from typing import Any

import pytest

from stockstorm.simulator.catalogue import Catalogue, by_product, make_catalogue
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import OrderKey, Product
from stockstorm.simulator.plan.items import PlannedProductEdit, PlannedPurchase
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.admin_calls import WALL, Admin
from tests.rest_calls import Rest
from tests.small_world import SEED, small_config


@cache
def config() -> WorldConfig:
    """Seven SKUs, three to a product, so that the last product has one."""
    small = small_config()
    shop = small.shop.model_copy(update={"skus": 7, "hot_skus": 0, "variants": 3, "stock": 20})
    return small.model_copy(update={"shop": shop})


@cache
def catalogue() -> Catalogue:
    return make_catalogue(config(), Seeds(SEED))


def world() -> World:
    return World(config(), catalogue(), Seeds(SEED))


def variant(place: int) -> Product:
    return catalogue().products[place]


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def test_skus_are_dealt_to_products_that_share_texts_and_nothing_else() -> None:
    groups = list(by_product(catalogue().products).values())
    assert [len(group) for group in groups] == [3, 3, 1]
    for group in groups:
        assert len({(each.title, each.handle, each.vendor, each.product_type) for each in group}) == 1
        assert [each.position for each in group] == list(range(1, len(group) + 1))
        assert len({each.variant_id for each in group}) == len({each.sku for each in group}) == len(group)
    assert [each.variant_title for each in groups[0]] == ["XS", "S", "M"]


def test_a_shop_with_one_variant_a_product_is_as_it_was() -> None:
    plain = small_config()
    alone = make_catalogue(plain, Seeds(SEED)).products
    assert {(each.position, each.variant_title) for each in alone} == {(1, None)}
    assert len({each.product_id for each in alone}) == len(alone)


PRODUCTS = """query P($query: String) { products(first: 10, query: $query) { nodes { id totalInventory totalVariants
  hasOnlyDefaultVariant variantsCount { count } options { name values }
  priceRangeV2 { minVariantPrice { amount } maxVariantPrice { amount } }
  variants(first: 10) { nodes {
    id sku title position inventoryQuantity product { id } selectedOptions { value } } } } } }"""
VARIANTS = """query V($after: String, $query: String, $sort: ProductVariantSortKeys) {
  productVariants(first: 2, after: $after, query: $query, sortKey: $sort) {
    nodes { id sku } pageInfo { hasNextPage endCursor } } }"""


def test_a_product_shows_all_its_variants_and_what_they_have_together() -> None:
    found = Admin(world()).data(PRODUCTS)["products"]["nodes"]
    assert [len(each["variants"]["nodes"]) for each in found] == [3, 3, 1]
    first = found[0]
    assert [each["sku"] for each in first["variants"]["nodes"]] == [variant(place).sku for place in range(3)]
    assert [each["position"] for each in first["variants"]["nodes"]] == [1, 2, 3]
    assert {each["product"]["id"] for each in first["variants"]["nodes"]} == {first["id"]}
    assert first["totalInventory"] == sum(each["inventoryQuantity"] for each in first["variants"]["nodes"])
    assert (first["totalVariants"], first["variantsCount"]["count"], first["hasOnlyDefaultVariant"]) == (3, 3, False)
    assert first["options"] == [{"name": "Size", "values": ["XS", "S", "M"]}]
    prices = sorted(variant(place).price_minor for place in range(3))
    amounts = [float(found["amount"]) for found in first["priceRangeV2"].values()]
    assert amounts == [prices[0] / 100, prices[-1] / 100]


@pytest.mark.parametrize("place", [0, 1, 2, 5, 6])
def test_a_product_is_found_by_any_of_its_variants_and_a_variant_alone(place: int) -> None:
    admin, wanted = Admin(world()), variant(place)
    for more in ("", " vendor:*"):
        (found,) = admin.data(PRODUCTS, query=f"sku:{wanted.sku}{more}")["products"]["nodes"]
        assert found["id"] == gid("Product", wanted.product_id)
        (one,) = admin.data(VARIANTS, query=f"sku:{wanted.sku}{more}")["productVariants"]["nodes"]
        assert one == {"id": gid("ProductVariant", wanted.variant_id), "sku": wanted.sku}


@pytest.mark.parametrize("sort", ["ID", "SKU", "TITLE", "RELEVANCE"])
def test_pages_of_variants_hold_each_one_once_in_every_order(sort: str) -> None:
    admin, seen, after = Admin(world()), list[str](), None
    while True:
        page = admin.data(VARIANTS, after=after, sort=sort)["productVariants"]
        seen += [each["sku"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == [each.sku for each in catalogue().products]
    assert admin.data("{ productVariantsCount { count } productsCount { count } }") == {
        "productVariantsCount": {"count": 7},
        "productsCount": {"count": 3},
    }


def test_variants_are_edited_each_for_itself() -> None:
    admin = Admin(world())
    rows = [{"id": gid("ProductVariant", variant(place).variant_id), "price": str(place + 1)} for place in (1, 2)]
    query = """mutation U($id: ID!, $rows: [ProductVariantsBulkInput!]!) {
      productVariantsBulkUpdate(productId: $id, variants: $rows) {
        productVariants { id price } userErrors { field } } }"""
    payload = admin.data(query, id=gid("Product", variant(0).product_id), rows=rows)["productVariantsBulkUpdate"]
    assert [(each["id"], each["price"]) for each in payload["productVariants"]] == [
        (rows[0]["id"], "2.00"), (rows[1]["id"], "3.00")
    ]  # fmt: skip
    (event,) = admin.reply.events
    body = json.loads(Payloads(catalogue(), config().shop, WALL).body(event))
    assert [each["price"] for each in body["variants"]][1:] == ["2.00", "3.00"]
    assert body["variants"][0]["price"] == f"{variant(0).price_minor / 100:.2f}"
    strange = [{"id": gid("ProductVariant", variant(4).variant_id), "price": "1"}]
    payload = admin.data(query, id=gid("Product", variant(0).product_id), rows=strange)["productVariantsBulkUpdate"]
    assert payload["userErrors"] == [{"field": ["variants", "0", "id"]}]


def test_a_webhook_tells_all_variants_with_their_stock_of_the_moment() -> None:
    shop = world()
    shop.apply(PlannedPurchase(0, 1, OrderKey(0), "online", 0, ((variant(1).sku, 2),)), 50)
    order, *_ = shop.apply(PlannedPurchase(0, 2, OrderKey(1), "online", 0, ((variant(1).sku, 1),)), 55).events
    (event,) = shop.apply(PlannedProductEdit(0, 3, variant(2).sku), 60).events
    payloads = Payloads(catalogue(), config().shop, WALL)
    body = json.loads(payloads.body(event))
    assert [each["sku"] for each in body["variants"]] == [variant(place).sku for place in range(3)]
    assert [each["inventory_quantity"] for each in body["variants"]] == [
        shop.available(variant(place).inventory_item_id) for place in range(3)
    ]
    assert body["variants"][1]["inventory_quantity"] == variant(1).initial_available - 3
    assert body["options"][0]["values"] == ["XS", "S", "M"]
    assert len(body["variant_gids"]) == 3
    (line,) = json.loads(payloads.body(order))["line_items"]
    assert (line["title"], line["variant_title"], line["name"]) == (
        variant(1).title, "S", f"{variant(1).title} - S"
    )  # fmt: skip


def test_rest_shows_the_same() -> None:
    rest = Rest(world())
    products: list[dict[str, Any]] = rest.get("products")["products"]
    assert sorted(len(each["variants"]) for each in products) == [1, 3, 3]
    assert rest.get("products/count") == {"count": 3}
    number = variant(0).product_id
    assert [each["sku"] for each in rest.get(f"products/{number}/variants")["variants"]] == [
        variant(place).sku for place in range(3)
    ]
    assert rest.get(f"products/{number}/variants/count") == {"count": 3}
    assert rest.get(f"variants/{variant(2).variant_id}")["variant"]["sku"] == variant(2).sku
