"""Stock mutations before 2026-04: without a key, and compared by compareQuantity or not at all."""

from typing import Any

import msgspec
import pytest

from stockstorm.simulator.history.facts import StockChanged
from tests.admin_calls import ADJUST, SET, Admin, adjustment, change, quantity, setting
from tests.small_world import STOCK, available

KEYLESS_SET = """mutation Set($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input) {
  inventoryAdjustmentGroup { changes { name delta } } userErrors { field message code } } }"""
KEYLESS_ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!) {
  inventoryAdjustQuantities(input: $input) {
  inventoryAdjustmentGroup { changes { name delta } } userErrors { field message code } } }"""
OLDEST, BOTH, STRICT = "2025-10", "2026-01", "2026-04"


def ask(admin: Admin, version: str, query: str, **variables: Any) -> dict[str, Any]:
    body = msgspec.json.encode({"query": query, "variables": variables})
    return admin.post(body, path=f"/admin/api/{version}/graphql.json")


def payload(admin: Admin, version: str, query: str, **variables: Any) -> dict[str, Any]:
    answer = ask(admin, version, query, **variables)
    assert "errors" not in answer, answer["errors"]
    (found,) = answer["data"].values()
    return dict(found)


def bare(row: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A row as it was written before there was a comparison in every one."""
    return {name: value for name, value in row.items() if name != "changeFromQuantity"} | other


@pytest.mark.parametrize("version", [OLDEST, BOTH])
def test_an_adjustment_needs_neither_key_nor_comparison(version: str) -> None:
    admin = Admin()
    found = payload(admin, version, KEYLESS_ADJUST, input=adjustment(bare(change(0, -3))))
    assert (found["userErrors"], available(admin.world, 0)) == ([], STOCK - 3)
    assert not admin.facts(StockChanged)[0].compared
    payload(admin, version, KEYLESS_ADJUST, input=adjustment(bare(change(0, -3))))
    assert available(admin.world, 0) == STOCK - 6
    assert admin.called.key == ""


def test_a_key_is_honoured_where_it_is_optional_and_unknown_before() -> None:
    admin = Admin()
    for _ in range(2):
        assert payload(admin, BOTH, ADJUST, key="k", input=adjustment(bare(change(0, -3))))["userErrors"] == []
    assert available(admin.world, 0) == STOCK - 3
    (problem, *_) = ask(admin, OLDEST, ADJUST, key="k", input=adjustment(bare(change(0, -3))))["errors"]
    assert problem["message"] == "Directive @idempotent is not defined"


def test_what_was_optional_is_required_later() -> None:
    admin = Admin()
    (problem,) = ask(admin, STRICT, KEYLESS_ADJUST, input=adjustment(bare(change(0, -3))))["errors"]
    assert problem["message"] == "The @idempotent directive is required for this mutation but was not provided."
    (problem,) = ask(admin, STRICT, ADJUST, key="k", input=adjustment(bare(change(0, -3))))["errors"]
    assert problem["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert available(admin.world, 0) == STOCK


@pytest.mark.parametrize("version", [OLDEST, BOTH])
def test_a_set_is_compared_by_compare_quantity(version: str) -> None:
    admin = Admin()
    row = bare(quantity(0, 7), compareQuantity=STOCK)
    assert payload(admin, version, KEYLESS_SET, input=setting(row))["userErrors"] == []
    assert available(admin.world, 0) == 7
    assert admin.facts(StockChanged)[0].compared
    (error,) = payload(admin, version, KEYLESS_SET, input=setting(row))["userErrors"]
    assert error == {
        "field": ["input", "quantities", "0", "compareQuantity"],
        "message": "The compareQuantity value does not match persisted value.",
        "code": "COMPARE_QUANTITY_STALE",
    }


@pytest.mark.parametrize("version", [OLDEST, BOTH])
def test_a_set_without_comparison_says_so_or_is_refused(version: str) -> None:
    admin = Admin()
    (error,) = payload(admin, version, KEYLESS_SET, input=setting(bare(quantity(0, 7))))["userErrors"]
    assert error["code"] == "COMPARE_QUANTITY_REQUIRED"
    given = setting(bare(quantity(0, 7)), ignoreCompareQuantity=True)
    assert payload(admin, version, KEYLESS_SET, input=given)["userErrors"] == []
    assert available(admin.world, 0) == 7
    assert not admin.facts(StockChanged)[0].compared


def test_in_the_version_of_both_forms_the_new_one_is_taken() -> None:
    admin = Admin()
    row = quantity(0, 7, STOCK) | {"compareQuantity": 1}
    assert payload(admin, BOTH, KEYLESS_SET, input=setting(row))["userErrors"] == []
    assert payload(admin, BOTH, KEYLESS_SET, input=setting(quantity(0, 9, None)))["userErrors"] == []
    (error,) = payload(admin, BOTH, KEYLESS_SET, input=setting(quantity(0, 9, 3)))["userErrors"]
    assert error["code"] == "CHANGE_FROM_QUANTITY_STALE"


@pytest.mark.parametrize(
    ("version", "given", "field", "on"),
    [
        (OLDEST, setting(quantity(0, 7, 1)), "quantities.0.changeFromQuantity", "InventoryQuantityInput"),
        (
            STRICT,
            setting(quantity(0, 7, 1) | {"compareQuantity": 1}),
            "quantities.0.compareQuantity",
            "InventoryQuantityInput",
        ),
        (STRICT, setting(ignoreCompareQuantity=True), "ignoreCompareQuantity", "InventorySetQuantitiesInput"),
    ],
)
def test_the_form_of_another_version_is_an_invalid_variable(
    version: str, given: dict[str, Any], field: str, on: str
) -> None:
    query = KEYLESS_SET if version == OLDEST else SET
    keys = {} if version == OLDEST else {"key": "k"}
    (problem,) = ask(Admin(), version, query, input=given, **keys)["errors"]
    assert problem["extensions"]["code"] == "INVALID_VARIABLE"
    assert f"for {field} (Field is not defined on {on})" in problem["message"]
