"""Items at several locations: where they are stocked, and what is refused."""

from typing import Any

import pytest

from stockstorm.simulator.history.facts import EventFired, StockChanged, StockShown
from tests.admin_calls import SET, Admin, change, item_gid, location_gid, quantity, setting
from tests.small_world import STOCK, product, small_catalogue

ACTIVATE = """mutation Activate($item: ID!, $place: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: $available) @idempotent(key: $key) {
    inventoryLevel { id quantities(names: ["available"]) { quantity } location { id } }
    userErrors { field message }
  }
}"""
DEACTIVATE = """mutation Deactivate($level: ID!) {
  inventoryDeactivate(inventoryLevelId: $level) { userErrors { field message } } }"""
MOVE = """mutation Move($input: InventoryMoveQuantitiesInput!, $key: String!) {
  inventoryMoveQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta } } userErrors { field code message } } }"""
STATES = """query States($item: ID!, $location: ID!) {
  inventoryItem(id: $item) { inventoryLevel(locationId: $location) {
    quantities(names: ["available", "damaged", "on_hand"]) { quantity } } } }"""
SET_ON_HAND = """mutation SetOnHand($input: InventorySetOnHandQuantitiesInput!, $key: String!) {
  inventorySetOnHandQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta location { id } } } userErrors { field code message } } }"""
LEVELS = """query Levels($item: ID!) { inventoryItem(id: $item) {
  locationsCount { count }
  inventoryLevels(first: 5) { nodes { id location { id } quantities(names: ["available"]) { quantity } } }
  variant { inventoryQuantity } } }"""


def elsewhere() -> str:
    """A location of the shop that does not stock the first product."""
    number = next(each for each in small_catalogue().locations if each != product(0).location_id)
    return f"gid://shopify/Location/{number}"


def activated(admin: Admin, key: str = "k", **other: Any) -> dict[str, Any]:
    given = {"item": item_gid(0), "place": elsewhere(), "available": 4, "key": key, **other}
    answer: dict[str, Any] = admin.ask(ACTIVATE, **given)["data"]["inventoryActivate"]
    return answer


def levels(admin: Admin) -> dict[str, Any]:
    found: dict[str, Any] = admin.ask(LEVELS, item=item_gid(0))["data"]["inventoryItem"]
    return found


def test_an_item_can_be_stocked_at_one_more_location() -> None:
    admin = Admin()
    answer = activated(admin)
    assert answer["userErrors"] == []
    assert answer["inventoryLevel"]["location"]["id"] == elsewhere()
    assert [fact.topic for fact in admin.facts(EventFired)] == ["inventory_levels/connect", "inventory_levels/update"]
    (changed,) = admin.facts(StockChanged)
    assert (changed.delta, changed.available, changed.level) == (4, STOCK + 4, 4)


def test_the_levels_of_an_item_are_listed_and_its_quantity_is_their_sum() -> None:
    admin = Admin()
    activated(admin)
    found = levels(admin)
    assert found["locationsCount"]["count"] == 2
    assert {level["quantities"][0]["quantity"] for level in found["inventoryLevels"]["nodes"]} == {4, STOCK}
    assert found["variant"]["inventoryQuantity"] == STOCK + 4
    (shown,) = admin.facts(StockShown)
    assert dict.fromkeys(zip(shown.skus, shown.versions, strict=True)) == {
        (product(0).sku, 0): None, (product(0).sku, 1): None,
    }  # fmt: skip


def test_a_repeated_key_stocks_an_item_once() -> None:
    admin = Admin()
    assert activated(admin) == activated(admin)
    assert admin.facts(StockChanged) == []


def test_no_quantity_is_set_where_an_item_is_stocked_already() -> None:
    answer = activated(Admin(), place=location_gid(0))
    assert [each["quantity"] for each in answer["inventoryLevel"]["quantities"]] == [10]
    (error,) = answer["userErrors"]
    assert error["field"] == ["available"]


def test_an_unknown_location_is_refused() -> None:
    (error,) = activated(Admin(), place="gid://shopify/Location/5")["userErrors"]
    assert error["field"] == ["locationId"]


def test_an_item_can_be_stocked_no_longer_at_a_location_but_the_last_one() -> None:
    admin = Admin()
    level = activated(admin)["inventoryLevel"]["id"]
    assert admin.ask(DEACTIVATE, level=level)["data"]["inventoryDeactivate"] == {"userErrors": []}
    assert [fact.topic for fact in admin.facts(EventFired)] == [
        "inventory_levels/update",
        "inventory_levels/disconnect",
    ]
    (left,) = levels(admin)["inventoryLevels"]["nodes"]
    (error,) = admin.ask(DEACTIVATE, level=left["id"])["data"]["inventoryDeactivate"]["userErrors"]
    assert "minimum of 1 location" in error["message"]
    (error,) = admin.ask(DEACTIVATE, level=level)["data"]["inventoryDeactivate"]["userErrors"]
    assert error["field"] == ["inventoryLevelId"]


def test_an_item_is_adjusted_and_set_at_each_of_its_locations() -> None:
    admin = Admin()
    activated(admin)
    admin.adjust("a", change(0, -3) | {"locationId": elsewhere()})
    rows = (quantity(0, 5), quantity(0, 6) | {"locationId": elsewhere()})
    assert admin.ask(SET, input=setting(*rows), key="s")["data"]["inventorySetQuantities"]["userErrors"] == []
    assert levels(admin)["variant"]["inventoryQuantity"] == 11


def test_since_2026_10_an_item_is_stocked_wherever_it_is_adjusted() -> None:
    admin = Admin()
    assert admin.adjust("a", change(0, 2) | {"locationId": elsewhere()})["userErrors"] == []
    assert [fact.topic for fact in admin.facts(EventFired)] == ["inventory_levels/connect", "inventory_levels/update"]
    assert levels(admin)["variant"]["inventoryQuantity"] == STOCK + 2


def test_a_refused_batch_stocks_nothing() -> None:
    admin = Admin()
    admin.adjust("a", change(0, 2) | {"locationId": elsewhere()}, change(1, 1, change_from=STOCK + 1))
    assert admin.facts(EventFired) == []
    assert levels(admin)["locationsCount"]["count"] == 1


def test_on_hand_is_set_at_a_location() -> None:
    admin = Admin()
    given = {"reason": "correction", "setQuantities": [quantity(0, STOCK + 3)]}
    answer = admin.ask(SET_ON_HAND, input=given, key="s")["data"]["inventorySetOnHandQuantities"]
    assert answer["userErrors"] == []
    assert [each["delta"] for each in answer["inventoryAdjustmentGroup"]["changes"]] == [3, 3]
    bad = {"reason": "correction", "setQuantities": [quantity(0, -1)]}
    (error,) = admin.ask(SET_ON_HAND, input=bad, key="t")["data"]["inventorySetOnHandQuantities"]["userErrors"]
    assert (error["field"], error["code"]) == (["input", "setQuantities", "0", "quantity"], "INVALID_QUANTITY_NEGATIVE")


def moved(**ends: dict[str, Any]) -> dict[str, Any]:
    row = {"inventoryItemId": item_gid(0), "quantity": 1, **ends}
    return {"reason": "correction", "referenceDocumentUri": "app://a", "changes": [row]}


def end(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "locationId": place, "changeFromQuantity": None}


@pytest.mark.parametrize(
    ("name", "place", "code"),
    [("reserved", elsewhere(), "DIFFERENT_LOCATIONS"), ("available", location_gid(0), "SAME_QUANTITY_NAME")],
)
def test_quantities_are_not_moved_between_locations_or_within_one_state(name: str, place: str, code: str) -> None:
    given = moved(**{"from": end("available", location_gid(0)), "to": end(name, place)})
    (error,) = Admin().ask(MOVE, input=given, key="m")["data"]["inventoryMoveQuantities"]["userErrors"]
    assert error["code"] == code


def test_a_move_takes_units_out_of_what_is_available_and_leaves_what_is_on_hand() -> None:
    admin = Admin()
    given = moved(**{"from": end("available", location_gid(0)), "to": end("damaged", location_gid(0))})
    answer = admin.ask(MOVE, input=given, key="m")["data"]["inventoryMoveQuantities"]
    assert answer["userErrors"] == []
    rows = [(row["name"], row["delta"]) for row in answer["inventoryAdjustmentGroup"]["changes"]]
    assert rows == [("available", -1), ("damaged", 1)]
    (changed,) = admin.facts(StockChanged)
    assert (changed.delta, changed.available) == (-1, STOCK - 1)
    data = admin.data(STATES, item=item_gid(0), location=location_gid(0))
    quantities = data["inventoryItem"]["inventoryLevel"]["quantities"]
    assert [row["quantity"] for row in quantities] == [STOCK - 1, 1, STOCK]


def test_a_move_from_a_quantity_that_is_not_there_any_more_moves_nothing() -> None:
    admin = Admin()
    from_nine = end("available", location_gid(0)) | {"changeFromQuantity": STOCK - 1}
    given = moved(**{"from": from_nine, "to": end("damaged", location_gid(0))})
    (error,) = admin.ask(MOVE, input=given, key="m")["data"]["inventoryMoveQuantities"]["userErrors"]
    assert error["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert admin.facts(StockChanged) == []


def test_a_move_for_an_invalid_reason_is_refused() -> None:
    given = moved(**{"from": end("available", location_gid(0)), "to": end("damaged", location_gid(0))})
    (error,) = Admin().ask(MOVE, input=given | {"reason": "because"}, key="m")["data"]["inventoryMoveQuantities"][
        "userErrors"
    ]
    assert error["code"] == "INVALID_REASON"


def test_until_2026_07_nothing_is_moved_where_an_item_is_not_stocked() -> None:
    admin = Admin()
    given = moved(**{"from": end("available", elsewhere()), "to": end("damaged", elsewhere())})
    admin.path = "/admin/api/2026-07/graphql.json"
    errors = admin.ask(MOVE, input=given, key="m")["data"]["inventoryMoveQuantities"]["userErrors"]
    assert {error["code"] for error in errors} == {"ITEM_NOT_STOCKED_AT_LOCATION"}
    admin.path = "/admin/api/2026-10/graphql.json"
    assert admin.ask(MOVE, input=given, key="n")["data"]["inventoryMoveQuantities"]["userErrors"] == []


@pytest.mark.parametrize(
    ("left", "back", "available", "units"),
    [
        ("2026-04", "2026-10", None, 4),
        ("2026-10", "2026-10", 1, 1),
        ("2026-10", "2026-10", 0, 0),
        ("2026-01", "2026-10", None, 0),
        ("2026-10", "2026-01", None, 0),
    ],
)
def test_since_2026_04_units_are_there_again_where_an_item_is_activated_again(
    left: str, back: str, available: int | None, units: int
) -> None:
    admin = Admin()
    level = activated(admin)["inventoryLevel"]["id"]
    admin.path = f"/admin/api/{left}/graphql.json"
    assert admin.data(DEACTIVATE, level=level)["inventoryDeactivate"]["userErrors"] == []
    assert levels(admin)["variant"]["inventoryQuantity"] == STOCK
    admin.path = f"/admin/api/{back}/graphql.json"
    (quantity_,) = activated(admin, "again", available=available)["inventoryLevel"]["quantities"]
    assert quantity_["quantity"] == units
    assert levels(admin)["variant"]["inventoryQuantity"] == STOCK + units


def test_units_of_before_do_not_come_to_a_level_that_an_adjustment_has_made() -> None:
    admin = Admin()
    level = activated(admin)["inventoryLevel"]["id"]
    admin.ask(DEACTIVATE, level=level)
    admin.adjust("a", change(0, 2) | {"locationId": elsewhere()})
    (quantity_,) = activated(admin, "again", available=None)["inventoryLevel"]["quantities"]
    assert quantity_["quantity"] == 2
