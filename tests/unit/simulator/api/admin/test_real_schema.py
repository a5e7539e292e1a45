"""What is real in Shopify and not played is told from what is invented."""

import pytest

from stockstorm.simulator.api.admin import real_schema
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from tests.admin_calls import Admin


def test_every_member_of_our_schema_is_real() -> None:
    for type_ in admin_schema().type_map.values():
        if type_.name.startswith("__"):
            continue
        assert real_schema.has(type_.name), type_.name
        for name, field in getattr(type_, "fields", {}).items():
            assert real_schema.has(type_.name, name), f"{type_.name}.{name}"
            for argument in getattr(field, "args", {}):
                assert real_schema.has(type_.name, name, argument), f"{type_.name}.{name}({argument}:)"


def test_names_are_whole_names() -> None:
    assert real_schema.has("Order", "metafield", "key")
    assert not real_schema.has("Order", "metafield", "ke")
    assert not real_schema.has("Order", "metafiel")
    assert not real_schema.has("Order", "tags", "first")
    assert not real_schema.has("Ordr")
    assert real_schema.searches("orders", "metafields.custom.x")
    assert not real_schema.searches("orders", "metafieldsx")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("{ orders(first: 1) { nodes { cartToken } } }", "field Order.cartToken"),
        ("{ orders(first: 1, savedSearchId: 1) { nodes { id } } }", "argument savedSearchId of QueryRoot.orders"),
        ('{ orders(first: 1, query: "risk_level:high") { nodes { id } } }', "search term risk_level: of orders"),
        ("{ products(first: 1, sortKey: INVENTORY_TOTAL) { nodes { id } } }", "sort key INVENTORY_TOTAL of products"),
        ("{ draftOrders(first: 1) { nodes { id } } }", "field QueryRoot.draftOrders"),
    ],
)
def test_what_is_real_and_not_played_says_so_and_is_recorded(query: str, name: str) -> None:
    admin = Admin()
    assert [error["extensions"]["code"] for error in admin.ask(query)["errors"]] == ["NOT_PLAYED"]
    assert admin.called.unplayed == (name,)


def test_what_shopify_lacks_too_is_the_callers_error() -> None:
    admin = Admin()
    assert admin.problem("{ orders(first: 1) { nodes { colour } } }")["extensions"]["code"] == "undefinedField"
    assert admin.called.unplayed == ()
