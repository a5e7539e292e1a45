import msgspec
import pytest

from stockstorm.simulator.api.admin import AdminOptions
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import EventFired, StockChanged, StockShown
from stockstorm.simulator.limits import IDEMPOTENCY_WINDOW_NS
from tests.admin_calls import ADJUST, START_NS, Admin, adjustment, change, item_gid, location_gid
from tests.small_world import STOCK, available, buy, product, sku

REFERENCE = "urn:channel-orders:bazaar:bazaar-1001,mercado:mercado-1001:cancelled"


def errors(payload: dict[str, object]) -> object:
    assert payload["inventoryAdjustmentGroup"] is None
    return payload["userErrors"]


def test_an_adjustment_changes_the_ledger_and_shows_the_new_levels() -> None:
    admin = Admin()
    payload = admin.adjust("k1", change(0, -3), change(1, 2), referenceDocumentUri=REFERENCE)
    assert payload["userErrors"] == []
    group = payload["inventoryAdjustmentGroup"]
    assert (group["reason"], group["referenceDocumentUri"]) == ("correction", REFERENCE)
    assert group["createdAt"] == "2026-11-24T06:00:01Z"
    assert [(row["name"], row["delta"], row["quantityAfterChange"]) for row in group["changes"]] == [
        ("available", -3, None),
        ("on_hand", -3, None),
        ("available", 2, None),
        ("on_hand", 2, None),
    ]
    first = group["changes"][0]
    assert (first["item"]["id"], first["item"]["sku"], first["location"]["id"]) == (
        item_gid(0),
        sku(0),
        location_gid(0),
    )
    (level,) = first["item"]["inventoryLevels"]["nodes"]
    assert (
        level["id"]
        == f"gid://shopify/InventoryLevel/{product(0).level_id}?inventory_item_id={product(0).inventory_item_id}"
    )
    assert level["quantities"] == [
        {"name": "available", "quantity": STOCK - 3, "updatedAt": "2026-11-24T06:00:01Z"},
        {"name": "on_hand", "quantity": STOCK - 3, "updatedAt": None},
    ]
    assert (available(admin.world, 0), available(admin.world, 1)) == (STOCK - 3, STOCK + 2)


def test_an_adjustment_has_facts_and_events_with_its_reference_and_request() -> None:
    admin = Admin()
    admin.adjust("k1", change(0, -3, STOCK), change(1, 2), referenceDocumentUri=REFERENCE)
    changed = admin.facts(StockChanged)
    assert [(fact.sku, fact.delta, fact.cause, fact.reference, fact.compared, fact.request) for fact in changed] == [
        (sku(0), -3, "subject_adjust", REFERENCE, True, 0),
        (sku(1), 2, "subject_adjust", REFERENCE, False, 0),
    ]
    assert [event.topic for event in admin.reply.events] == ["inventory_levels/update"] * 2
    assert len(admin.facts(EventFired)) == 2
    assert admin.facts(StockShown) == [StockShown(admin.now_ns, 0, (sku(0), sku(1)), (1, 1))]
    assert (admin.called.operation, admin.called.outcome, admin.called.rows) == ("inventoryAdjustQuantities", "ok", 2)


def test_a_repeated_key_changes_nothing_and_shows_the_first_result_with_current_levels() -> None:
    admin = Admin()
    first = admin.adjust("k1", change(0, -3))["inventoryAdjustmentGroup"]
    admin.world.apply(buy(1, "online", (0, 2)), admin.now_ns)
    again = admin.adjust("k1", change(0, -3))["inventoryAdjustmentGroup"]
    assert (again["id"], again["createdAt"]) == (first["id"], first["createdAt"])
    (level,) = again["changes"][0]["item"]["inventoryLevels"]["nodes"]
    assert [row["quantity"] for row in level["quantities"]] == [STOCK - 5, STOCK - 3]
    assert available(admin.world, 0) == STOCK - 5
    assert (admin.called.outcome, admin.facts(StockChanged), admin.reply.events) == ("replayed", [], [])
    assert admin.facts(StockShown) == [StockShown(admin.now_ns, 1, (sku(0),), (2,))]


def test_a_key_with_other_parameters_is_refused() -> None:
    admin = Admin()
    admin.adjust("k1", change(0, -3))
    assert errors(admin.adjust("k1", change(0, -4))) == [
        {
            "field": None,
            "message": "The same idempotency key cannot be used with different operation parameters.",
            "code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        }
    ]
    assert (available(admin.world, 0), admin.called.outcome) == (STOCK - 3, "user_error")


def test_a_key_is_forgotten_after_a_day() -> None:
    admin = Admin()
    admin.adjust("k1", change(0, -1))
    admin.now_ns += IDEMPOTENCY_WINDOW_NS - SECOND_NS
    admin.adjust("k1", change(0, -1))
    assert (available(admin.world, 0), admin.called.outcome) == (STOCK - 2, "ok")


def test_a_key_is_refused_after_a_failed_attempt() -> None:
    admin = Admin()
    admin.adjust("k1", change(0, -1, STOCK + 1))
    (error,) = admin.adjust("k1", change(0, -1, STOCK + 1))["userErrors"]
    assert error["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
    assert admin.adjust("k2", change(0, -1, STOCK))["userErrors"] == []


def test_a_failed_key_can_be_used_again_if_the_options_allow_it() -> None:
    admin = Admin(options=AdminOptions(retry_failed_key=True))
    admin.adjust("k1", change(0, -1, STOCK + 1))
    assert admin.adjust("k1", change(0, -1, STOCK))["userErrors"] == []


def test_a_stale_quantity_refuses_the_whole_batch() -> None:
    admin = Admin()
    assert errors(admin.adjust("k1", change(1, 5), change(0, -3, STOCK - 1))) == [
        {
            "field": ["input", "changes", "1", "changeFromQuantity"],
            "message": "The changeFromQuantity argument no longer matches the persisted quantity.",
            "code": "CHANGE_FROM_QUANTITY_STALE",
        }
    ]
    assert (available(admin.world, 0), available(admin.world, 1)) == (STOCK, STOCK)
    assert (admin.reply.events, admin.facts(StockChanged)) == ([], [])


def test_a_batch_of_zeros_has_no_group_and_zero_rows_are_omitted() -> None:
    admin = Admin()
    payload = admin.adjust("k1", change(0, 0))
    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}
    mixed = admin.adjust("k2", change(0, 0), change(1, 1))["inventoryAdjustmentGroup"]["changes"]
    assert [row["item"]["sku"] for row in mixed] == [sku(1), sku(1)]


def test_a_row_sees_the_effect_of_earlier_rows_on_its_item() -> None:
    admin = Admin()
    admin.adjust("k1", change(0, -1, STOCK), change(0, -1, STOCK - 1))
    assert available(admin.world, 0) == STOCK - 2
    assert [fact.version for fact in admin.facts(StockChanged)] == [1, 2]


def test_available_may_fall_below_zero() -> None:
    admin = Admin()
    assert admin.adjust("k1", change(0, -STOCK - 4))["userErrors"] == []
    assert available(admin.world, 0) == -4


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "inventoryItemId", "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, "locationId", "INVALID_LOCATION"),
        ({"delta": 2_000_000_001}, "delta", "INVALID_QUANTITY_TOO_HIGH"),
        ({"delta": -2_000_000_001}, "delta", "INVALID_QUANTITY_TOO_LOW"),
        ({"ledgerDocumentUri": "urn:x:1"}, "ledgerDocumentUri", "INVALID_AVAILABLE_DOCUMENT"),
    ],
)
def test_an_invalid_row_is_reported_with_its_index_and_nothing_changes(
    row: dict[str, object], field: str, code: str
) -> None:
    admin = Admin()
    found = errors(admin.adjust("k1", change(1, 1), change(0, -1) | row))
    assert isinstance(found, list)
    assert (found[0]["field"], found[0]["code"]) == (["input", "changes", "1", field], code)
    assert available(admin.world, 1) == STOCK


@pytest.mark.parametrize(
    ("other", "field", "code"),
    [
        ({"name": "on_hand"}, ["input", "name"], "INVALID_QUANTITY_NAME"),
        ({"reason": "because"}, ["input", "reason"], "INVALID_REASON"),
        ({"referenceDocumentUri": "no uri"}, ["input", "referenceDocumentUri"], "INVALID_REFERENCE_DOCUMENT"),
    ],
)
def test_an_invalid_name_or_reason_of_a_batch_is_reported(other: dict[str, str], field: list[str], code: str) -> None:
    (error,) = Admin().adjust("k1", change(0, 1), **other)["userErrors"]
    assert (error["field"], error["code"]) == (field, code)


def test_until_2026_07_an_item_can_only_be_adjusted_where_it_is_stocked() -> None:
    place = next(n for n in range(4) if product(n).location_id != product(0).location_id)
    row = change(0, 1) | {"locationId": location_gid(place)}
    body = msgspec.json.encode({"query": ADJUST, "variables": {"key": "k", "input": adjustment(row)}})
    answer = Admin().post(body, path="/admin/api/2026-07/graphql.json")
    (error,) = answer["data"]["inventoryAdjustQuantities"]["userErrors"]
    assert (error["field"][-1], error["code"]) == ("locationId", "ITEM_NOT_STOCKED_AT_LOCATION")


def test_the_idempotent_directive_is_required() -> None:
    admin = Admin()
    answer = admin.ask(
        ADJUST.replace("@idempotent(key: $key)", "").replace(", $key: String!", ""), input=adjustment(change(0, 1))
    )
    assert answer["data"] == {"inventoryAdjustQuantities": None}
    assert answer["errors"] == [
        {
            "message": "The @idempotent directive is required for this mutation but was not provided.",
            "locations": [{"line": 2, "column": 3}],
            "extensions": {"code": "BAD_REQUEST"},
            "path": ["inventoryAdjustQuantities"],
        }
    ]
    assert (available(admin.world, 0), admin.called.outcome) == (STOCK, "error")


def test_a_blank_key_is_refused() -> None:
    assert Admin().problem(ADJUST, key="  ", input=adjustment(change(0, 1)))["extensions"] == {"code": "BAD_REQUEST"}


def test_every_row_must_have_change_from_quantity() -> None:
    admin = Admin()
    row = change(0, 1)
    del row["changeFromQuantity"]
    problem = admin.problem(ADJUST, key="k", input=adjustment(row))
    assert problem["message"] == "InventoryChangeInput must include the following argument: changeFromQuantity."
    assert problem["extensions"] == {"code": "INVALID_FIELD_ARGUMENTS"}
    assert available(admin.world, 0) == STOCK


def test_more_than_250_rows_are_refused_before_execution() -> None:
    admin = Admin()
    answer = admin.ask(ADJUST, key="k", input=adjustment(*[change(0, 1)] * 251))
    assert "data" not in answer
    (problem,) = answer["errors"]
    assert problem["path"] == ["inventoryAdjustQuantities", "input", "changes"]
    assert problem["message"] == "The input array size of 251 is greater than the maximum allowed of 250."
    assert problem["extensions"] == {"code": "MAX_INPUT_SIZE_EXCEEDED"}
    assert (available(admin.world, 0), admin.now_ns > START_NS) == (STOCK, True)


def test_changes_can_be_filtered_by_names_and_items() -> None:
    query = ADJUST.replace("changes {", 'changes(quantityNames: ["available"], inventoryItemIds: $only) {').replace(
        "$key: String!", "$key: String!, $only: [ID!]"
    )
    data = Admin().data(query, key="k", only=[item_gid(1)], input=adjustment(change(0, 1), change(1, 2)))
    changes = data["inventoryAdjustQuantities"]["inventoryAdjustmentGroup"]["changes"]
    assert [(row["name"], row["item"]["sku"]) for row in changes] == [("available", sku(1))]
