"""What the history keeps of an answer that refuses something or finds nothing."""

from stockstorm.simulator.limits import ERROR_TEXT_MAX, ERROR_TEXTS_MAX
from tests.admin_calls import SET, TOKEN, Admin, adjustment, change, item_gid

WITHOUT_KEY = """mutation Adjust($input: InventoryAdjustQuantitiesInput!) {
  inventoryAdjustQuantities(input: $input) { userErrors { message } }
}"""
KEYED = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) { inventoryAdjustmentGroup { id } }
}"""


def test_a_good_call_has_no_errors_and_its_key() -> None:
    admin = Admin()
    admin.adjust("key-1", change(1, -1))
    assert (admin.called.errors, admin.called.strangers, admin.called.key) == ((), (), "key-1")


def test_the_text_of_a_top_level_error_is_kept() -> None:
    admin = Admin()
    admin.ask(WITHOUT_KEY, input=adjustment(change(1, -1)))
    assert admin.called.errors == ("The @idempotent directive is required for this mutation but was not provided.",)
    assert (admin.called.operation, admin.called.outcome) == ("inventoryAdjustQuantities", "error")


def test_user_errors_are_kept_although_the_caller_did_not_ask_for_them() -> None:
    admin = Admin()
    foreign = change(1, -1) | {"inventoryItemId": "gid://shopify/InventoryItem/4242"}
    admin.ask(KEYED, key="k", input=adjustment(change(1, -1), foreign))
    assert admin.called.errors == ("The specified inventory item could not be found.",)
    assert admin.called.strangers == ("InventoryItem/4242",)


def test_an_id_that_nothing_has_is_named() -> None:
    admin = Admin()
    admin.ask('{ inventoryItem(id: "gid://shopify/InventoryItem/9007199254740992") { sku } }')
    assert admin.called.outcome == "ok"
    assert admin.called.errors == ("inventoryItem: nothing has this id",)
    assert admin.called.strangers == ("InventoryItem/9007199254740992",)


def test_an_id_that_something_has_is_no_stranger() -> None:
    admin = Admin()
    admin.ask(f'{{ inventoryItem(id: "{item_gid(1)}") {{ sku }} }}')
    assert not admin.called.errors
    assert not admin.called.strangers


def test_what_is_not_played_is_named_by_method_and_path_without_ids() -> None:
    admin = Admin()
    admin.post(b"", path="/admin/api/2024-10/orders/450789469.json", method="GET")
    assert admin.called.operation == "GET /admin/api/2024-10/orders/{id}.json"
    assert (admin.called.status, admin.called.errors) == (404, ("Not Found",))


def test_a_denial_says_how_the_token_differs_and_holds_no_token() -> None:
    admin = Admin()
    admin.post(b"{}", token="wrong")
    assert admin.called.errors == ("the token in the header X-Shopify-Access-Token is not the token of this run",)
    assert "wrong" not in admin.called.errors[0].replace("is not", "")


def test_texts_are_few_short_and_without_the_token() -> None:
    admin = Admin()
    fields = " ".join(f"nothing{number}" for number in range(9))
    admin.ask(f"{{ {fields} {'x' * 900} }}")
    assert len(admin.called.errors) == ERROR_TEXTS_MAX
    admin.ask(f'{{ inventoryItem(id: "{TOKEN}", {"x" * 900}: 1) {{ sku }} }}')
    assert all(len(text) <= ERROR_TEXT_MAX and TOKEN not in text for text in admin.called.errors)


def test_a_set_that_is_refused_is_kept_too() -> None:
    admin = Admin()
    admin.ask(SET, key=" ", input={})
    assert admin.called.errors
