"""The cost of each field, for callers that ask for it by the header Shopify-GraphQL-Cost-Debug."""

from typing import Any

import msgspec
import pytest

from stockstorm.simulator.api.exchange import ApiRequest
from tests.admin_calls import ADJUST, PATH, SET, TOKEN, Admin, adjustment, change, quantity, setting

QUERIES = [
    "{ shop { id name } }",
    "{ locations(first: 10) { nodes { id name } } }",
    "{ orders(first: 250) { nodes { totalPriceSet { shopMoney { amount } } lineItems(first: 5) { nodes { id } } } } }",
    "{ orders(first: 20) { edges { cursor node { id refunds { id } } } pageInfo { hasNextPage } } }",
    "query Two { a: ordersCount { count } b: publicApiVersions { handle } ... on QueryRoot { shop { id } } }",
]


def costs(query: str, **variables: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    admin = Admin()
    body = msgspec.json.encode({"query": query, "variables": variables})
    headers = {"x-shopify-access-token": TOKEN, "shopify-graphql-cost-debug": "1", "content-type": "application/json"}
    reply = admin.api.handle(ApiRequest("POST", PATH, "", headers, body), admin.now_ns)
    cost = msgspec.json.decode(reply.body)["extensions"]["cost"]
    return cost, cost["fields"]


@pytest.mark.parametrize("query", QUERIES)
def test_the_fields_of_a_query_add_up_to_its_cost(query: str) -> None:
    cost, fields = costs(query)
    roots = [each["requestedTotalCost"] for each in fields if len(each["path"]) == 1]
    assert sum(roots) == cost["requestedQueryCost"] > 0


def test_a_field_has_the_documented_members() -> None:
    _, fields = costs("{ locations(first: 10) { nodes { id } } }")
    assert fields == [
        {"path": ["locations"], "definedCost": 2, "requestedTotalCost": 6, "requestedChildrenCost": 4},
        {"path": ["locations", "nodes"], "definedCost": 1, "requestedTotalCost": 4, "requestedChildrenCost": 0},
        {
            "path": ["locations", "nodes", "id"],
            "definedCost": 0,
            "requestedTotalCost": 0,
            "requestedChildrenCost": None,
        },
    ]


@pytest.mark.parametrize(
    ("query", "given"), [(ADJUST, adjustment(change(0, 1))), (SET, setting(quantity(0, 3)))], ids=["adjust", "set"]
)
def test_the_fields_of_a_mutation_add_up_to_its_cost(query: str, given: dict[str, Any]) -> None:
    cost, fields = costs(query, key="k", input=given)
    assert fields[0]["definedCost"] == 10
    assert fields[0]["requestedTotalCost"] == cost["requestedQueryCost"]


def test_nobody_is_told_who_did_not_ask() -> None:
    assert "fields" not in Admin().ask("{ shop { id } }")["extensions"]["cost"]
