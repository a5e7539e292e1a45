"""Hostile values in every JSON body of the simulated APIs: an orderly answer, and facts that a history can hold.

A fact outside of its range would make the whole history unreadable, so a subject must not be able to cause one.
"""

from typing import Any, Final

import msgspec
import pytest

from stockstorm.simulator.api.admin import AdminApi
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.marketplace import MarketplaceApi
from stockstorm.simulator.history.facts import decoder, encoder
from tests.admin_calls import ADJUST, PATH, SET, START_NS, TOKEN, WALL, item_gid, location_gid
from tests.small_world import sku, small_config, small_world

DEEP: Final = "[" * 100_000 + "]" * 100_000
DEEP_OBJECT: Final = '{"a":' * 100_000 + "1" + "}" * 100_000
# JSON texts that stand for a value. Some are no JSON.
VALUES: Final = {
    "5,000 digits": "9" * 5_000,
    "minus 5,000 digits": "-" + "9" * 5_000,
    "5,000 decimals": "0." + "9" * 5_000,
    "2^63": str(2**63),
    "2^64": str(2**64),
    "minus 2^63 - 1": str(-(2**63) - 1),
    "above 32 bits": str(2**31),
    "huge exponent": "1e999",
    "whole float": "1.0",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "deep lists": DEEP,
    "deep objects": DEEP_OBJECT,
    "invalid UTF-8": '"\xff\xfe"',
    "overlong UTF-8": '"\xc0\x80"',
    "half of a surrogate pair": '"\\ud800"',
    "null byte": '"a\\u0000b"',
    "control characters": '"\\u0007\\u001b[31m\\ufffe"',
    "a long text": '"' + "x" * 100_000 + '"',
    "digits": '"12"',
    "true": "true",
    "null": "null",
    "nothing": "",
    "an empty text": '""',
    "an empty list": "[]",
    "duplicate keys": '{"a": 1, "a": 2}',
}


def body_of(template: str, value: str) -> bytes:
    return template.replace("@@", value).encode("latin-1")


def row(field: str, **others: str) -> str:
    values = {"inventoryItemId": f'"{item_gid(0)}"', "locationId": f'"{location_gid(0)}"', **others, field: "@@"}
    return "{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}"


def mutation(document: str, variables: str) -> str:
    return f'{{"query": {msgspec.json.encode(document).decode()}, "variables": {variables}}}'


def adjusting(changes: str, **others: str) -> str:
    values = {"name": '"available"', "reason": '"correction"', "changes": changes, **others}
    text = ", ".join(f'"{name}": {value}' for name, value in values.items())
    return mutation(ADJUST, f'{{"key": "k", "input": {{{text}}}}}')


ADMIN: Final = {
    "body": "@@",
    "query": '{"query": @@}',
    "operation name": '{"query": "query A { shop { name } }", "operationName": @@}',
    "variables": '{"query": "{ shop { name } }", "variables": @@}',
    "unknown variable": '{"query": "{ shop { name } }", "variables": {"x": @@}}',
    "unknown key": '{"query": "{ shop { name } }", "x": @@}',
    "page size": mutation("query Q($n: Int) { productVariants(first: $n) { nodes { id } } }", '{"n": @@}'),
    "cursor": mutation("query Q($a: String) { orders(first: 1, after: $a) { nodes { id } } }", '{"a": @@}'),
    "search": mutation("query Q($q: String) { orders(first: 1, query: $q) { nodes { id } } }", '{"q": @@}'),
    "id": mutation("query Q($i: ID!) { inventoryItem(id: $i) { id } }", '{"i": @@}'),
    "delta": adjusting(f"[{row('delta', changeFromQuantity='null')}]"),
    "changeFromQuantity": adjusting(f"[{row('changeFromQuantity', delta='1')}]"),
    "item": adjusting(f"[{row('inventoryItemId', delta='1', changeFromQuantity='null')}]"),
    "changes": adjusting("@@"),
    "reference": adjusting("[]", referenceDocumentUri="@@"),
    "reference of a change": adjusting(
        f"[{row('delta', changeFromQuantity='null').replace('@@', '1')}]", referenceDocumentUri="@@"
    ),
    "key": mutation(ADJUST, '{"key": @@, "input": {"name": "available", "reason": "correction", "changes": []}}'),
    "quantities": mutation(SET, '{"key": "k", "input": {"name": "available", "reason": "other", "quantities": @@}}'),
    "subscription": mutation(
        "mutation S($u: URL!) { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: $u}) "
        "{ userErrors { message } } }",
        '{"u": @@}',
    ),
}
MARKETPLACE: Final = {
    "body": ("listings", "@@"),
    "rows": ("listings", '{"listings": @@}'),
    "row": ("listings", '{"listings": [@@]}'),
    "quantity": ("listings", f'{{"listings": [{{"sku": "{sku(0)}", "quantity": @@}}]}}'),
    "sku": ("listings", '{"listings": [{"sku": @@, "quantity": 1}]}'),
    "unknown key": ("listings", '{"listings": [], "x": @@}'),
    "notifications": ("notifications", "@@"),
    "url": ("notifications", '{"url": @@}'),
}


def assert_orderly(reply: ApiReply, statuses: tuple[int, ...], value: str) -> None:
    assert reply.status in statuses, value
    assert msgspec.json.decode(reply.body, type=dict[str, Any]), value
    for fact in reply.facts:
        assert decoder.decode(encoder.encode(fact)) == fact, value


@pytest.mark.parametrize("place", ADMIN)
def test_the_admin_api_answers_hostile_values_in_any_place(place: str) -> None:
    api = AdminApi(small_world(), small_config(), TOKEN, WALL)
    for name, value in VALUES.items():
        request = ApiRequest(
            "POST",
            PATH,
            "",
            {"x-shopify-access-token": TOKEN, "content-type": "application/json"},
            body_of(ADMIN[place], value),
        )
        assert_orderly(api.handle(request, START_NS), (200, 400), name)


@pytest.mark.parametrize("place", MARKETPLACE)
def test_a_marketplace_answers_hostile_values_in_any_place(place: str) -> None:
    api = MarketplaceApi(small_world(), TOKEN, WALL)
    resource, template = MARKETPLACE[place]
    path, headers = f"/marketplaces/bazaar/v1/{resource}", {"authorization": f"Bearer {TOKEN}"}
    for name, value in VALUES.items():
        request = ApiRequest("PUT", path, "", headers, body_of(template, value))
        assert_orderly(api.handle(request, START_NS), (200, 400, 413, 422), name)
