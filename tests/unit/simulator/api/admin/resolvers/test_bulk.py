"""Bulk queries: what runs, what its file holds, what it tells, and its bounds."""

import json
from typing import Any

import pytest

from stockstorm.simulator.api.admin.base import bulk
from stockstorm.simulator.api.admin.base.bulk import Shown
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.history.facts import ApiCalled, EventFired, OrdersShown, StockShown
from stockstorm.simulator.shop.records import TooMuchWork
from stockstorm.simulator.world import World
from tests.admin_calls import Admin
from tests.small_world import buy, product, sku

RUN = """mutation Run($query: String!) { bulkOperationRunQuery(query: $query) {
  bulkOperation { id status } userErrors { field message code } } }"""
TOLD = """{ currentBulkOperation { id status url objectCount rootObjectCount fileSize errorCode completedAt }
  bulkOperations(first: 10) { nodes { id status } } }"""
STOCK = """{ products { edges { node { id variants { edges { node { sku inventoryItem { inventoryLevels { nodes {
  quantities(names: ["available"]) { quantity } } } } } } } } } } }"""


def run(admin: Admin, query: str) -> dict[str, Any]:
    payload: dict[str, Any] = admin.data(RUN, query=query)["bulkOperationRunQuery"]
    return payload


def finished(admin: Admin) -> list[str]:
    """Works until nothing is left. The topics of what was fired."""
    fired: list[str] = []
    while admin.api.background.busy:
        admin.now_ns += admin.tick_ns
        facts, events = admin.api.background.work(admin.now_ns)
        assert [fact.topic for fact in facts if isinstance(fact, EventFired)] == [event.topic for event in events]
        fired += [event.topic for event in events]
    return fired


def fetched(admin: Admin, path: str) -> ApiReply:
    return admin.api.handle(ApiRequest("GET", path, "", {}, b""), admin.now_ns)


def told(admin: Admin) -> dict[str, Any]:
    operation: dict[str, Any] = admin.data(TOLD)["currentBulkOperation"]
    return operation


def test_every_node_is_a_line_that_names_its_parent() -> None:
    admin = Admin()
    assert run(admin, STOCK)["bulkOperation"]["status"] == "CREATED"
    assert told(admin)["url"] is None
    assert finished(admin) == ["bulk_operations/finish"]
    operation = told(admin)
    assert (operation["status"], operation["objectCount"], operation["rootObjectCount"]) == ("COMPLETED", "12", "4")
    reply = fetched(admin, operation["url"].removeprefix("http://"))
    assert operation["fileSize"] == str(len(reply.body))
    lines = [json.loads(line) for line in reply.body.splitlines()]
    first = f"gid://shopify/Product/{product(0).product_id}"
    variant = f"gid://shopify/ProductVariant/{product(0).variant_id}"
    assert lines[:3] == [
        {"id": first},
        {"sku": sku(0), "inventoryItem": {}, "__parentId": first},
        {"quantities": [{"quantity": 10}], "__parentId": variant},
    ]


def test_stock_and_orders_are_shown_when_the_file_is_fetched() -> None:
    admin = Admin()
    admin.world.apply(buy(0, "online", (0, 2)), admin.now_ns)
    run(admin, STOCK)
    run(admin, "{ orders { nodes { id name customAttributes { key } lineItems { nodes { sku } } } } }")
    finished(admin)
    assert admin.facts(StockShown) == []
    shown = []
    for node in admin.data("{ bulkOperations(first: 5) { nodes { url } } }")["bulkOperations"]["nodes"]:
        reply = fetched(admin, node["url"].removeprefix("http://"))
        assert [fact.status for fact in reply.facts if isinstance(fact, ApiCalled)] == [200]
        shown += [fact for fact in reply.facts if isinstance(fact, StockShown | OrdersShown)]
    (orders,) = [fact for fact in shown if isinstance(fact, OrdersShown)]
    (stock,) = [fact for fact in shown if isinstance(fact, StockShown)]
    assert (orders.orders, dict(zip(stock.skus, stock.versions, strict=True))[sku(0)]) == ((0,), 1)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ shop { id } }", "Bulk queries must contain at least one connection."),
        ("{ products { nodes { colour } } }", "Invalid bulk query: Field 'colour' doesn't exist on type 'Product'"),
        (
            "mutation M($id: ID!) { bulkOperationCancel(id: $id) { userErrors { message } } }",
            "Invalid bulk query: exactly one query is expected",
        ),
        ("{", None),
    ],
)
def test_a_query_that_cannot_run_is_refused(query: str, message: str | None) -> None:
    admin = Admin()
    payload = run(admin, query)
    (error,) = payload["userErrors"]
    assert (payload["bulkOperation"], error["field"], error["code"]) == (None, ["query"], "INVALID")
    assert message is None or error["message"] == message


def test_a_sixth_operation_has_to_wait() -> None:
    admin = Admin()
    ids = [run(admin, STOCK)["bulkOperation"]["id"] for _ in range(5)]
    (error,) = run(admin, STOCK)["userErrors"]
    text = f"A bulk query operation for this app and shop is already in progress: {', '.join(ids)}."
    assert error == {"field": None, "message": text, "code": "OPERATION_IN_PROGRESS"}
    finished(admin)
    assert run(admin, STOCK)["userErrors"] == []


def test_a_cancelled_operation_leaves_no_file() -> None:
    admin = Admin()
    made = run(admin, STOCK)["bulkOperation"]
    stop = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    assert admin.data(stop, id=made["id"])["bulkOperationCancel"]["bulkOperation"] == {"status": "CANCELING"}
    finished(admin)
    assert (told(admin)["status"], told(admin)["url"]) == ("CANCELED", None)
    assert admin.data(stop, id=made["id"])["bulkOperationCancel"]["userErrors"] != []


def test_a_result_that_is_too_large_fails_and_old_files_go(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Admin()
    monkeypatch.setattr(bulk, "FILES_MAX", 1)
    run(admin, STOCK)
    finished(admin)
    path = told(admin)["url"].removeprefix("http://")
    assert fetched(admin, path).status == 200
    assert fetched(admin, path + "x").status == 404
    run(admin, STOCK)
    finished(admin)
    assert fetched(admin, path).status == 404
    monkeypatch.setattr(bulk, "FILE_MAX", 100)
    run(admin, STOCK)
    finished(admin)
    assert (told(admin)["status"], told(admin)["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")


def test_a_slice_is_short_and_pages_are_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Admin()
    for key in range(30):
        admin.world.apply(buy(key, "online", (key % 4, 1)), admin.now_ns + key)
    monkeypatch.setattr(bulk, "SLICE", 7)
    monkeypatch.setattr("stockstorm.simulator.api.admin.execution.bulk.PAGE", 4)
    run(admin, "{ orders { nodes { name } } }")
    admin.api.background.work(admin.now_ns)
    assert told(admin)["objectCount"] == "7"
    admin.world.apply(buy(99, "online", (0, 1)), admin.now_ns + 1_000)
    finished(admin)
    body = fetched(admin, told(admin)["url"].removeprefix("http://")).body
    names = [json.loads(line)["name"] for line in body.splitlines()]
    assert len(names) == len(set(names)) == 31


@pytest.mark.parametrize(
    ("query", "unplayed"),
    [
        ("{ orders(sortKey: TOTAL_PRICE) { nodes { id } } }", ("sort key TOTAL_PRICE of orders",)),
        ('{ products(query: "id:x") { nodes { id } } }', ()),
    ],
)
def test_a_query_that_no_call_could_ask_is_refused_before_it_runs(query: str, unplayed: tuple[str, ...]) -> None:
    admin = Admin()
    answer = admin.ask(RUN, query=query)
    assert [error["path"] for error in answer["errors"]] == [["bulkOperationRunQuery"]]
    assert admin.called.unplayed == unplayed
    assert not admin.api.background.busy


def test_a_query_that_fails_later_ends_its_operation() -> None:
    admin = Admin()
    assert run(admin, "{ orders { nodes { lineItems { nodes { id } } } } }")["userErrors"] == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(World, "orders", _too_much)
        finished(admin)
    assert (told(admin)["status"], told(admin)["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")


def _too_much(*_arguments: object) -> None:
    raise TooMuchWork


def test_what_a_file_shows_is_forgotten_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = Admin()
    monkeypatch.setattr(bulk, "FILES_MAX", 1)
    for _ in range(2):
        run(admin, STOCK)
        finished(admin)
    assert [bool(each.shown.facts(1, 2)) for each in admin.api.state.bulk.all] == [False, True]


def test_a_file_is_fetched_without_the_cost_of_what_it_shows() -> None:
    """A file of 20,000 items showed them one by one at each fetch, which held up all deliveries."""
    admin = Admin()
    run(admin, STOCK)
    finished(admin)
    (operation,) = admin.api.state.bulk.all
    first, again = operation.shown.facts(1, 2), operation.shown.facts(1, 2)
    assert first == again != []
    assert isinstance(first[0], StockShown)
    assert isinstance(again[0], StockShown)
    assert first[0].skus is again[0].skus


def test_what_a_file_shows_stands_once_in_the_order_of_its_pages() -> None:
    shown = Shown()
    shown.add([("MUG", 3), ("TEE", 1)], [7])
    shown.add([("MUG", 3), ("MUG", 4)], [8, 7])
    shown.close()
    assert shown.facts(5, 9) == [
        StockShown(9, 5, ("MUG", "TEE", "MUG"), (3, 1, 4)),
        OrdersShown(9, 5, "online", (7, 8)),
    ]
