import pytest

from stockstorm.simulator.history.facts import StockChanged
from tests.admin_calls import SET, Admin, quantity, setting
from tests.small_world import STOCK, available, buy


def test_setting_available_shows_the_same_delta_on_hand() -> None:
    admin = Admin()
    payload = admin.set("k1", quantity(0, STOCK + 5))
    assert payload["inventoryAdjustmentGroup"]["changes"] == [
        {"name": "available", "delta": 5},
        {"name": "on_hand", "delta": 5},
    ]
    (fact,) = admin.facts(StockChanged)
    assert (fact.cause, fact.available, fact.compared) == ("subject_set", STOCK + 5, False)


def test_setting_on_hand_does_not_change_committed_units() -> None:
    admin = Admin()
    admin.world.apply(buy(1, "online", (0, 3)), admin.now_ns)
    admin.set("k1", quantity(0, 20, STOCK), name="on_hand")
    assert available(admin.world, 0) == 17
    assert admin.facts(StockChanged)[0].compared


def test_a_stale_quantity_has_the_text_of_its_enum() -> None:
    admin = Admin()
    assert admin.set("k1", quantity(1, 1), quantity(0, 5, STOCK + 1))["userErrors"] == [
        {
            "field": ["input", "quantities", "1", "changeFromQuantity"],
            "message": "The changeFromQuantity value does not match persisted value.",
            "code": "CHANGE_FROM_QUANTITY_STALE",
        }
    ]
    assert available(admin.world, 1) == STOCK


def test_setting_the_current_quantity_changes_nothing() -> None:
    admin = Admin()
    assert admin.set("k1", quantity(0, STOCK))["inventoryAdjustmentGroup"] is None
    assert admin.reply.events == []


def test_each_duplicate_row_has_an_error() -> None:
    found = Admin().set("k1", quantity(0, 1), quantity(1, 1), quantity(0, 2))["userErrors"]
    assert [(error["field"][2], error["code"]) for error in found] == [
        ("0", "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"),
        ("2", "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"),
    ]


@pytest.mark.parametrize(
    ("amount", "name", "code"),
    [
        (-1, "on_hand", "INVALID_QUANTITY_NEGATIVE"),
        (1_000_000_001, "available", "INVALID_QUANTITY_TOO_HIGH"),
        (-1_000_000_001, "available", "INVALID_QUANTITY_TOO_LOW"),
        (1, "damaged", "INVALID_NAME"),
    ],
)
def test_a_quantity_or_name_out_of_bounds_is_refused(amount: int, name: str, code: str) -> None:
    admin = Admin()
    (error,) = admin.set("k1", quantity(0, amount), name=name)["userErrors"]
    assert error["code"] == code
    assert available(admin.world, 0) == STOCK


def test_available_may_be_set_below_zero() -> None:
    admin = Admin()
    assert admin.set("k1", quantity(0, -2))["userErrors"] == []
    assert available(admin.world, 0) == -2


def test_a_removed_argument_is_an_invalid_variable() -> None:
    answer = Admin().ask(SET, key="k", input=setting(quantity(0, 1), ignoreCompareQuantity=True))
    assert "data" not in answer
    (problem,) = answer["errors"]
    assert problem["message"] == (
        "Variable $input of type InventorySetQuantitiesInput! was provided invalid value for "
        "ignoreCompareQuantity (Field is not defined on InventorySetQuantitiesInput)"
    )
    assert problem["extensions"]["code"] == "INVALID_VARIABLE"
    assert problem["extensions"]["problems"] == [
        {"path": ["ignoreCompareQuantity"], "explanation": "Field is not defined on InventorySetQuantitiesInput"}
    ]
