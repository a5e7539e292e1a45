"""Metafields by REST: those of GraphQL, in another spelling."""

import pytest

from tests.admin_calls import Admin
from tests.rest_calls import Rest
from tests.small_world import buy, own_orders, product, small_world

ASKED = (
    "query($id: ID!) { node(id: $id) { ... on HasIt { metafields(first: 9) { nodes { id namespace key value } } } } }"
)


@pytest.mark.parametrize(
    ("root", "kind", "field"),
    [("products", "Product", "product_id"), ("variants", "ProductVariant", "variant_id"), ("orders", "Order", "")],
)
def test_both_apis_show_the_same_metafields(root: str, kind: str, field: str) -> None:
    world = small_world()
    admin, rest = Admin(world), Rest(world)
    world.apply(buy(7, "online", (0, 1)), admin.now_ns)
    number = getattr(product(0), field) if field else own_orders(world)[0].order_id
    asked = ASKED.replace("HasIt", kind)
    nodes = admin.data(asked, id=f"gid://shopify/{kind}/{number}")["node"]["metafields"]["nodes"]
    found = rest.get(f"{root}/{number}/metafields")["metafields"]
    assert [(each["admin_graphql_api_id"], each["namespace"], each["key"], each["value"]) for each in found] == [
        (node["id"], node["namespace"], node["key"], node["value"]) for node in nodes
    ]
    assert {each["owner_id"] for each in found} == {number}
    assert rest.get(f"{root}/{number}/metafields/count") == {"count": len(nodes)}
    one = rest.get(f"{root}/{number}/metafields/{found[0]['id']}")["metafield"]
    assert one == found[0]


def test_metafields_are_filtered_by_namespace_and_key() -> None:
    rest = Rest()
    path = f"products/{product(0).product_id}/metafields"
    assert [each["key"] for each in rest.get(path, namespace="custom", key="origin")["metafields"]] == ["origin"]
    assert rest.get(path, namespace="other")["metafields"] == []


def test_an_unknown_owner_or_metafield_is_not_found() -> None:
    rest = Rest()
    for path in ("products/1/metafields", f"products/{product(0).product_id}/metafields/1"):
        rest.send("GET", path)
        assert rest.reply.status == 404
