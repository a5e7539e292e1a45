"""Stock in the states that nobody can buy from: damaged, incoming, quality control, reserved, safety stock."""

from typing import Any

import pytest

from stockstorm.simulator.api.admin.base.other_stock import ON_HAND, OTHER_STATES
from stockstorm.simulator.history.facts import EventFired, StockChanged
from stockstorm.simulator.limits import QUANTITY_MAX
from tests.admin_calls import Admin, change, item_gid, location_gid, quantity
from tests.small_world import STOCK, available, product

LEVEL = """query Level($item: ID!, $location: ID!) { inventoryItem(id: $item) { inventoryLevel(locationId: $location) {
  quantities(names: ["available", "committed", "damaged", "incoming", "on_hand", "quality_control", "reserved",
    "safety_stock"]) { name quantity } } } }"""


def moved(delta: int, place: int = 0, change_from: int | None = None, uri: str = "urn:warehouse:1") -> dict[str, Any]:
    return change(place, delta, change_from) | {"ledgerDocumentUri": uri}


def quantities(admin: Admin, place: int = 0) -> dict[str, int]:
    """The quantities of a level that are not zero."""
    data = admin.data(LEVEL, item=item_gid(place), location=location_gid(place))
    rows = data["inventoryItem"]["inventoryLevel"]["quantities"]
    return {row["name"]: row["quantity"] for row in rows if row["quantity"]}


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


@pytest.mark.parametrize("state", OTHER_STATES)
def test_a_state_is_adjusted_and_counts_on_hand_unless_it_is_incoming(state: str) -> None:
    admin = Admin()
    group = admin.adjust("k1", moved(3), name=state)["inventoryAdjustmentGroup"]
    rows = [(row["name"], row["delta"]) for row in group["changes"]]
    assert rows == [(state, 3), ("on_hand", 3)] if state in ON_HAND else [(state, 3)]
    on_hand = STOCK + 3 * (state in ON_HAND)
    assert quantities(admin) == {"available": STOCK, "on_hand": on_hand, state: 3}


def test_nothing_that_can_be_bought_changes_and_nobody_is_told() -> None:
    admin = Admin()
    admin.adjust("k1", moved(3), name="damaged")
    assert (admin.facts(StockChanged), admin.facts(EventFired)) == ([], [])
    assert available(admin.world, 0) == STOCK


def test_a_repeated_key_shows_the_first_group_and_changes_nothing() -> None:
    admin = Admin()
    first = admin.adjust("k1", moved(3), name="damaged")["inventoryAdjustmentGroup"]
    again = admin.adjust("k1", moved(3), name="damaged")["inventoryAdjustmentGroup"]
    assert [row["name"] for row in again["changes"]] == [row["name"] for row in first["changes"]]
    assert again["id"] == first["id"]
    assert quantities(admin)["damaged"] == 3


def test_a_comparison_is_with_the_state_and_refuses_the_whole_batch() -> None:
    admin = Admin()
    admin.adjust("k1", moved(3), name="reserved")
    payload = admin.adjust("k2", moved(1, 1), moved(-1, 0, 9), name="reserved")
    assert codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert payload["userErrors"][0]["field"][:3] == ["input", "changes", "1"]
    assert "reserved" not in quantities(admin, 1)
    assert codes(admin.adjust("k3", moved(-1, 0, 3), moved(-1, 0, 2), name="reserved")) == []
    assert quantities(admin)["reserved"] == 1


def test_a_set_of_what_is_on_hand_leaves_the_other_states() -> None:
    admin = Admin()
    admin.adjust("k1", moved(3), name="damaged")
    assert codes(admin.set("k2", quantity(0, STOCK + 1, STOCK + 3), name="on_hand")) == []
    assert quantities(admin) == {"available": STOCK - 2, "on_hand": STOCK + 1, "damaged": 3}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (change(0, 1), "INVALID_QUANTITY_DOCUMENT"),
        (moved(1, uri="gid://shopify/Order/1"), "INTERNAL_LEDGER_DOCUMENT"),
        (moved(1, uri="no document"), "INVALID_LEDGER_DOCUMENT"),
        (moved(QUANTITY_MAX + 1), "INVALID_QUANTITY_TOO_HIGH"),
        (moved(-QUANTITY_MAX - 1), "INVALID_QUANTITY_TOO_LOW"),
    ],
)
def test_a_state_needs_a_ledger_document_and_a_quantity_within_bounds(row: dict[str, Any], code: str) -> None:
    admin = Admin()
    assert codes(admin.adjust("k1", row, name="safety_stock")) == [code]
    assert "safety_stock" not in quantities(admin)


def test_a_batch_has_one_ledger_document() -> None:
    rows = [moved(1), moved(1, 1, uri="urn:warehouse:2")]
    assert codes(Admin().adjust("k1", *rows, name="damaged")) == ["MAX_ONE_LEDGER_DOCUMENT"]


def test_a_batch_of_zeros_has_no_group() -> None:
    assert Admin().adjust("k1", moved(0), name="damaged") == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_an_item_that_is_not_stocked_somewhere_has_its_own_code_until_2026_07() -> None:
    place = next(n for n in range(4) if product(n).location_id != product(0).location_id)
    row = change(0, 1) | {"locationId": location_gid(place)}
    admin = Admin()
    admin.path = "/admin/api/2026-07/graphql.json"
    assert codes(admin.adjust("k1", row)) == ["ITEM_NOT_STOCKED_AT_LOCATION"]
    admin.path = "/admin/api/2026-10/graphql.json"
    assert codes(admin.adjust("k2", row)) == []
