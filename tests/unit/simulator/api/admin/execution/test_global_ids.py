"""Global ids: one that is malformed, or of another kind, is refused before execution, in variables and in literals."""

import time

import pytest

from tests.admin_calls import ADJUST, Admin, adjustment, change
from tests.small_world import product

ORDER = "query Q($id: ID!) { order(id: $id) { id } }"
NODES = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"


def test_a_malformed_id_in_a_variable_is_as_recorded() -> None:
    assert Admin().ask(
        "mutation M($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }", id="no"
    ) == {
        "errors": [
            {
                "message": "Variable $id of type ID! was provided invalid value",
                "locations": [{"line": 1, "column": 12}],
                "extensions": {
                    "code": "INVALID_VARIABLE",
                    "value": "no",
                    "problems": [
                        {"path": [], "explanation": "Invalid global id 'no'", "message": "Invalid global id 'no'"}
                    ],
                },
            }
        ]
    }


def test_a_malformed_id_in_a_literal_is_as_recorded() -> None:
    assert Admin().problem('query Q { order(id: "no") { id } }') == {
        "message": "Invalid global id 'no'",
        "locations": [{"line": 1, "column": 11}],
        "path": ["query Q", "order", "id"],
        "extensions": {"code": "argumentLiteralsIncompatible", "typeName": "CoercionError"},
    }


@pytest.mark.parametrize(
    "wrong", ["", "7", "gid://shopify/Order", "gid://shopify/Order/", "gid://shopify/Product/7", 7]
)
def test_an_id_of_another_form_or_kind_is_refused(wrong: object) -> None:
    assert Admin().problem(ORDER, id=wrong)["extensions"]["code"] == "INVALID_VARIABLE"


def test_an_unknown_id_of_the_right_kind_is_null() -> None:
    assert Admin().data(ORDER, id="gid://shopify/Order/7") == {"order": None}
    assert Admin().data('{ order(id: "gid://shopify/Order/7?key=1") { id } }') == {"order": None}


def test_every_wrong_row_of_a_batch_is_named_by_its_path() -> None:
    admin = Admin()
    variant = f"gid://shopify/ProductVariant/{product(0).variant_id}"
    rows = [change(0, -1) | {"inventoryItemId": variant}, change(1, -1), change(2, -1) | {"locationId": "here"}]
    problem = admin.problem(ADJUST, key="k", input=adjustment(*rows))
    assert [(each["path"], each["explanation"]) for each in problem["extensions"]["problems"]] == [
        (["changes", 0, "inventoryItemId"], f"Invalid global id '{variant}'"),
        (["changes", 2, "locationId"], "Invalid global id 'here'"),
    ]
    assert "for changes.0.inventoryItemId (Invalid global id" in problem["message"]


def test_where_no_name_tells_the_kind_any_is_taken() -> None:
    admin = Admin()
    item = f"gid://shopify/InventoryItem/{product(0).inventory_item_id}"
    assert admin.data(NODES, ids=[item, "gid://shopify/Order/1"])["nodes"][1] is None
    assert admin.problem(NODES, ids=[item, "no"])["extensions"]["problems"][0]["path"] == [1]


def test_the_ids_of_a_full_batch_are_checked_in_little_time() -> None:
    rows = [change(0, 0) for _ in range(250)]
    admin = Admin()
    operation = admin.api.documents.get(ADJUST).select(None)
    assert operation is not None
    given = {"key": "k", "input": adjustment(*rows)}
    (_, check) = operation.ids[0]
    started, whole = time.thread_time(), time.thread_time()
    for _ in range(20):
        assert check.fine(given["input"])
    checked = time.thread_time() - started
    whole = time.thread_time()
    for n in range(20):
        admin.ask(ADJUST, key=f"k{n}", input=adjustment(*rows))
    assert checked < (time.thread_time() - whole) / 4
