import base64
import gc
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from graphql import Token

from stockstorm.simulator.api.admin import AdminApi
from stockstorm.simulator.api.admin.execution.bounds import TOO_LARGE
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest, RequestSerial
from stockstorm.simulator.history.facts import StockChanged, StockShown
from stockstorm.simulator.limits import DOCUMENT_CACHE_MAX, DOCUMENT_CACHE_TEXT_MAX
from stockstorm.simulator.shop import records
from tests.admin_calls import (
    ADJUST,
    PATH,
    SET,
    START_NS,
    TOKEN,
    WALL,
    Admin,
    adjustment,
    change,
    item_gid,
    location_gid,
    setting,
)
from tests.small_world import STOCK, available, small_config


@pytest.mark.parametrize("token", ["", "wrong", "shpat_tést"])
def test_a_missing_or_wrong_token_is_401_with_shopifys_text(token: str) -> None:
    admin = Admin()
    answer = admin.post(b'{"query": "{ shop { id } }"}', token=token)
    assert answer == {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
    assert (admin.reply.status, admin.called.status, admin.called.outcome) == (401, 401, "denied")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"query": 1}', b'{"query": "a", "variables": 3}'])
def test_an_invalid_body_is_400(body: bytes) -> None:
    admin = Admin()
    assert "Bad Request" in admin.post(body)["errors"]
    assert (admin.reply.status, admin.called.outcome) == (400, "bad_request")


@pytest.mark.parametrize("body", [b'{"variables": {}}', b'{"query": null}'])
def test_a_call_without_a_document_names_the_missing_parameter(body: bytes) -> None:
    admin = Admin()
    assert admin.post(body) == {"errors": {"query": "Required parameter missing or invalid"}}
    assert (admin.reply.status, admin.called.outcome) == (400, "bad_request")
    assert admin.called.errors == ("query: Required parameter missing or invalid",)


SHOP_ID = b'{"query": "{ shop { id } }"}'


def sent(path: str = PATH, body: bytes = SHOP_ID, **headers: str) -> ApiReply:
    """The answer to a call with exactly these headers, whose names have underscores, and the token."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = ApiRequest("POST", path, "", {"x-shopify-access-token": TOKEN, **named}, body)
    return Admin().api.handle(request, START_NS)


@pytest.mark.parametrize("headers", [{}, {"content_type": "text/plain"}, {"content_type": "application/graphql"}])
def test_a_body_that_is_not_declared_as_json_is_415(headers: dict[str, str]) -> None:
    reply = sent(PATH, SHOP_ID, **headers)
    assert (reply.status, msgspec.json.decode(reply.body)) == (
        415,
        {"errors": "Unsupported Content-Type header, use application/json"},
    )


@pytest.mark.parametrize("declared", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_declared_with_parameters(declared: str) -> None:
    assert sent(content_type=declared, accept="text/html").status == 200


BARE = PATH.removesuffix(".json")
WRONG = b'{"query": "{ nothing }"}'
RESPONSE = "application/graphql-response+json"


@pytest.mark.parametrize(
    ("path", "accept", "body", "status", "kind"),
    [
        (BARE, "", WRONG, 200, "application/json"),
        (BARE, "*/*", WRONG, 200, "application/json"),
        (BARE, f"{RESPONSE}, application/json", WRONG, 400, RESPONSE),
        (BARE, f"application/json, {RESPONSE}", WRONG, 200, "application/json"),
        (BARE, RESPONSE, b'{"query": "{ shop { id } }"}', 200, RESPONSE),
        (BARE, RESPONSE, b'{"query": "{ orders { nodes { id } } }"}', 200, RESPONSE),  # it is executed, and fails
        (BARE, "text/html", WRONG, 406, "application/json"),
        (PATH, RESPONSE, WRONG, 200, "application/json"),
    ],
)
def test_the_address_without_json_answers_what_the_caller_accepts(
    path: str, accept: str, body: bytes, status: int, kind: str
) -> None:
    reply = sent(path, body, content_type="application/json", accept=accept)
    assert (reply.status, dict(reply.headers)["Content-Type"]) == (status, f"{kind}; charset=utf-8")


@pytest.mark.parametrize(("name", "text"), [(None, "An operation name is required"), ("C", 'No operation named "C"')])
def test_which_operation_is_meant_must_be_said_as_recorded(name: str | None, text: str) -> None:
    body = msgspec.json.encode({"query": "query A { shop { id } } query B { shop { id } }", "operationName": name})
    assert Admin().post(body) == {"errors": [{"message": text}]}


def test_another_path_is_404_and_another_method_405() -> None:
    admin = Admin()
    query = b'{"query": "{ shop { id } }"}'
    admin.post(query, path="/admin/api/2026-10/products.json")
    assert admin.reply.status == 404
    admin.post(query, method="GET")
    assert admin.reply.status == 405


def test_an_unknown_field_has_shopifys_error_text_and_no_data() -> None:
    admin = Admin()
    answer = admin.ask("query Look { shop { id stock } }")
    assert answer == {
        "errors": [
            {
                "message": "Field 'stock' doesn't exist on type 'Shop'",
                "locations": [{"line": 1, "column": 24}],
                "path": ["query Look", "shop", "stock"],
                "extensions": {"code": "undefinedField", "typeName": "Shop", "fieldName": "stock"},
            }
        ]
    }
    assert (admin.reply.status, admin.called.outcome) == (200, "error")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("mutation { inventoryAdjustQuantities { userErrors { field } } }", "missingRequiredArguments"),
        ("{ shop(id: 1) { id } }", "argumentNotAccepted"),
        ('{ orders(first: "many") { nodes { id } } }', "argumentLiteralsIncompatible"),
    ],
)
def test_other_invalid_documents_have_the_recorded_codes(query: str, code: str) -> None:
    assert Admin().problem(query)["extensions"]["code"] == code


def test_one_of_several_operations_must_be_named() -> None:
    admin = Admin()
    query = "query A { shop { id } } query B { locations(first: 1) { nodes { id } } }"
    body = {"query": query, "operationName": "B"}
    assert list(admin.post(msgspec.json.encode(body))["data"]) == ["locations"]
    assert admin.problem(query)["message"] == "An operation name is required"
    assert "errors" in admin.post(msgspec.json.encode(body | {"operationName": "C"}))


def test_variables_are_refused_with_every_problem_at_once() -> None:
    admin = Admin()
    rows = [change(0, 1) | {"delta": "many"}, {"locationId": None}]
    answer = admin.ask(ADJUST, key="k", input={"name": "available", "changes": rows})
    (problem,) = answer["errors"]
    assert "data" not in answer
    assert problem["extensions"]["problems"] == [
        {"path": ["changes", 0, "delta"], "explanation": 'Could not coerce value "many" to Int'},
        {"path": ["changes", 1, "delta"], "explanation": "Expected value to not be null"},
        {"path": ["changes", 1, "inventoryItemId"], "explanation": "Expected value to not be null"},
        {"path": ["changes", 1, "locationId"], "explanation": "Expected value to not be null"},
        {"path": ["reason"], "explanation": "Expected value to not be null"},
    ]
    assert available(admin.world, 0) == STOCK


def test_a_missing_variable_and_a_wrong_enum_are_invalid() -> None:
    admin = Admin()
    assert admin.problem(ADJUST, input=adjustment(change(0, 1)))["extensions"]["code"] == "INVALID_VARIABLE"
    query = "query Q($key: OrderSortKeys) { orders(first: 1, sortKey: $key) { nodes { id } } }"
    message = admin.problem(query, key="COLOUR")["message"]
    assert message == "Variable $key of type OrderSortKeys was provided invalid value"


def test_introspection_works_as_clients_use_it_and_costs_nothing() -> None:
    admin = Admin()
    answer = admin.ask(
        '{ __schema { queryType { name } directives { name } } __type(name: "InventoryLevel") { fields { name } } }'
    )
    assert answer["data"]["__schema"]["queryType"] == {"name": "QueryRoot"}
    assert {"name": "idempotent"} in answer["data"]["__schema"]["directives"]
    assert {"name": "quantities"} in answer["data"]["__type"]["fields"]
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 0


def test_requests_are_counted_over_all_apis_that_share_a_serial() -> None:
    admin, serial = Admin(), RequestSerial()
    serial.take()
    admin.api = AdminApi(admin.world, small_config(), TOKEN, WALL, serial=serial)
    admin.ask("{ shop { id } }")
    assert (admin.called.request, serial.take()) == (1, 2)


def test_an_answer_is_json_with_its_cost() -> None:
    admin = Admin()
    answer = admin.ask("{ shop { name } }")
    assert answer == {
        "data": {"shop": {"name": "stockstorm-demo"}},
        "extensions": {
            "cost": {
                "requestedQueryCost": 1,
                "actualQueryCost": 1,
                "throttleStatus": {"maximumAvailable": 20_000, "currentlyAvailable": 19_999, "restoreRate": 1_000},
            }
        },
    }
    assert admin.reply.headers[0] == ("Content-Type", "application/json; charset=utf-8")
    assert admin.reply.headers[-1] == ("X-Request-Id", "stockstorm-00000000")
    assert PATH.endswith("/2026-10/graphql.json")


def test_the_cache_of_documents_is_bounded() -> None:
    admin = Admin()
    for n in range(DOCUMENT_CACHE_MAX + 10):
        admin.ask(f"{{ a{n}: shop {{ id }} }}")
    assert len(admin.api.documents) == DOCUMENT_CACHE_MAX


def tokens() -> int:
    gc.collect()
    return sum(isinstance(each, Token) for each in gc.get_objects())


def test_long_documents_leave_the_cache_earlier_and_documents_keep_no_tokens() -> None:
    admin, before = Admin(), tokens()
    for n in range(10):
        admin.ask(f"{{ a{n}: shop {{ id }} }} #" + "x" * (DOCUMENT_CACHE_TEXT_MAX // 5))
    assert len(admin.api.documents) == 4
    assert tokens() <= before


def test_an_answer_has_at_most_so_many_values_in_either_executor() -> None:
    """The lean executor, graphql-core (with @include), and a mutation, whose effect stays."""
    admin = Admin()
    fields = " ".join(f"a{n}: id" for n in range(300))
    many = f"inventoryItems(first: 4) {{ nodes {{ {fields} }} }}"
    assert "errors" not in admin.ask(f"{{ {many} }}")
    wide = " ".join(f"b{n}: id" for n in range(30))
    rows = "[" + ", ".join(f'"{item_gid(0)}"' for _ in range(250)) + "]"
    lean = admin.ask(f"{{ nodes(ids: {rows}) {{ {wide} {' '.join(f'c{n}: id' for n in range(100))} }} }}")
    full = admin.ask(f"{{ nodes(ids: {rows}) @include(if: true) {{ {wide} }} }}")
    assert lean["errors"] == full["errors"] == [TOO_LARGE]
    assert "errors" not in admin.ask(f"{{ nodes(ids: {rows}) {{ {wide} }} }}")
    changes = " ".join(f"d{n}: name" for n in range(300))
    row = f'{{delta: 1, inventoryItemId: "{item_gid(0)}", locationId: "{location_gid(0)}", changeFromQuantity: null}}'
    changed = admin.ask(
        f'mutation {{ inventoryAdjustQuantities(input: {{name: "available", reason: "correction", '
        f'changes: [{", ".join([row] * 100)}]}}) @idempotent(key: "k") '
        f"{{ inventoryAdjustmentGroup {{ changes {{ {changes} }} }} }} }}"
    )
    assert changed["errors"] == [TOO_LARGE]
    assert [fact.delta for fact in admin.facts(StockChanged)] == [1] * 100
    assert admin.facts(StockShown) == []


@pytest.mark.parametrize("directive", ["", "@include(if: true)"], ids=["lean", "graphql-core"])
def test_searches_that_read_too_much_are_refused(monkeypatch: pytest.MonkeyPatch, directive: str) -> None:
    monkeypatch.setattr(records, "RECORDS_STEPS_MAX", 0)
    monkeypatch.setattr(records, "TICK_STEPS", 1)
    admin = Admin()
    answer = admin.ask(f'{{ a: ordersCount(query: "sku:x") {directive} {{ count }} shop {{ id }} }}')
    assert (answer["errors"], admin.reply.status, admin.called.outcome) == ([TOO_LARGE], 200, "error")


ADJUST_WITH_KEY = """mutation { inventoryAdjustQuantities(
  input: {name: "available", reason: "correction", changes: []}) @idempotent(key: "KEY") { userErrors { code } } }"""


def test_what_a_client_may_ask_although_nobody_does_is_answered() -> None:
    admin = Admin()
    assert admin.ask("mutation { __typename }")["data"] == {"__typename": "Mutation"}
    nested = base64.b64encode(b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}").decode()
    for query in (
        f'{{ orders(first: 1, after: "{nested}") {{ nodes {{ id }} }} }}',
        '{ orders(first: 1, query: "id:--5") { nodes { id } } }',
        f'{{ orders(first: 1, query: "id:>{"9" * 4_500}") {{ nodes {{ id }} }} }}',
        '{ orders(first: 1, query: "id:\u0663") { nodes { id } } }',
        f'{{ orders(first: 1, query: "{"id:1 " * 900}") {{ nodes {{ id }} }} }}',
        ADJUST_WITH_KEY.replace("KEY", "k" * 256),
    ):
        assert [error["extensions"]["code"] for error in admin.ask(query)["errors"]] == ["BAD_REQUEST"]


def cost_s(admin: Admin, body: bytes) -> float:
    """Processor seconds of one call."""
    started = time.process_time()
    admin.post(body)
    return time.process_time() - started


@pytest.fixture
def frozen_heap() -> Iterator[None]:
    """Keeps the collector from the objects of all tests before, which cost half a second at a call's expense."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def hostile_bodies() -> dict[str, bytes]:
    def of(query: str, **variables: Any) -> bytes:
        return msgspec.json.encode({"query": query, "variables": variables})

    spreads = " ".join(f"fragment f{i} on QueryRoot {{ ...f{i + 1} ...f{i + 1} }}" for i in range(15))
    ids = [f"gid://shopify/InventoryItem/{i}" for i in range(60_000)]
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    return {
        "fragment bomb": of(f"{{ ...f0 }} {spreads} fragment f15 on QueryRoot {{ shop {{ name }} }}"),
        "repeated fields": of("{ " + "shop { name } " * 500 + "}"),
        "aliases": of("{ shop { " + " ".join(f"a{i}: name" for i in range(1_400)) + " } }"),
        "ids": of(nodes, ids=ids),
        "ids of the wrong type": of(nodes, ids=[{}] * 19_000),
        "unknown input fields": of(SET, key="a", input=setting(*[{f"x{i}": 1 for i in range(70)}] * 250)),
        "many arrays": of(
            "query($ids: [ID!]!) {" + " ".join(f"a{i}: nodes(ids: $ids) {{ id }}" for i in range(100)) + "}",
            ids=ids[:250],
        ),
        "long comment": of("#" + "a" * 1_900_000 + "\n{ shop { name } }"),
        "long search": of("query($q: String) { orders(first: 1, query: $q) { nodes { id } } }", q="a:b " * 400_000),
        "nested fields": of("{ a" * 3_000 + "}" * 3_000),
        "nested JSON": b'{"query": "{ shop { name } }", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        "invalid UTF-8": b'{"query": "\xff"}',
    }


@pytest.mark.parametrize(
    ("name", "body"), hostile_bodies().items(), ids=lambda each: each if isinstance(each, str) else ""
)
@pytest.mark.usefixtures("frozen_heap")
def test_a_hostile_call_is_refused_at_the_cost_of_an_ordinary_one(name: str, body: bytes) -> None:
    admin = Admin()
    rows = ", ".join(f'{{inventoryItemId: "{i}", locationId: "1", quantity: 3}}' for i in range(250))
    largest = f"mutation {{ inventorySetQuantities(input: {{quantities: [{rows}]}}) {{ userErrors {{ code }} }} }}"
    ordinary_s = cost_s(admin, msgspec.json.encode({"query": largest}))
    assert cost_s(admin, body) < 5 * ordinary_s + 0.1  # unbounded, they cost 20 to 100 times as much
    assert "errors" in msgspec.json.decode(admin.reply.body)
    assert (admin.called.outcome, admin.called.status) in {("error", 200), ("bad_request", 400)}
