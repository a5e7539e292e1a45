"""Bodies that no schema has checked: their types, their sizes, and what is kept of their paths."""

from typing import Any

import pytest

from stockstorm.simulator.limits import ERROR_TEXT_MAX, INPUT_ARRAY_MAX
from stockstorm.simulator.world import LevelChange
from tests.admin_calls import START_NS
from tests.rest_calls import Rest
from tests.small_world import STOCK, buy, own_orders, product, small_catalogue, small_world


def elsewhere() -> int:
    """A location of the shop that does not stock the first product."""
    return next(each for each in small_catalogue().locations if each != product(0).location_id)


def shop(units: int = 2) -> tuple[Rest, str, int]:
    """A shop with one order of an item at two locations, the order's path and its line."""
    world = small_world()
    world.opening(START_NS)
    item = product(0).inventory_item_id
    world.connect(item, elsewhere(), now_ns=START_NS)
    world.adjust([LevelChange(item, elsewhere(), 5, None)], reference="", request=0, now_ns=START_NS)
    world.apply(buy(1, "online", (0, units)), START_NS + 1)
    (order,) = own_orders(world)
    return Rest(world), f"orders/{order.order_id}", order.lines[0].line_id


def refund(line: int, **other: Any) -> dict[str, Any]:
    return {"refund": {"refund_line_items": [{"line_item_id": line, "quantity": 1, "restock_type": "return", **other}]}}


@pytest.mark.parametrize(
    "given", [{"quantity": True}, {"quantity": "1"}, {"line_item_id": True}, {"location_id": True}, {"location_id": []}]
)
def test_a_refund_takes_whole_numbers_alone(given: dict[str, Any]) -> None:
    rest, path, line = shop()
    rest.post(f"{path}/refunds", refund(line, **given))
    assert rest.reply.status == 400
    assert rest.get(path)["order"]["refunds"] == []


def test_a_refund_to_another_location_is_not_played_and_without_restock_has_none() -> None:
    rest, path, line = shop()
    rest.post(f"{path}/refunds", refund(line, location_id=1))
    assert (rest.reply.status, len(rest.called.unplayed)) == (501, 1)
    rest.post(f"{path}/refunds", refund(line, location_id=1, restock_type="no_restock"))
    assert rest.reply.status == 201


def test_a_refund_of_units_from_two_locations_can_be_calculated() -> None:
    rest, path, line = shop(units=12)
    found = rest.post(f"{path}/refunds/calculate", refund(line, quantity=12))["refund"]["refund_line_items"]
    assert (rest.reply.status, sum(row["quantity"] for row in found)) == (200, 12)
    assert {row["location_id"] for row in found} == {product(0).location_id, elsewhere()}
    assert {row["restock_type"] for row in found} == {"return"}


def test_lists_are_no_longer_than_those_of_graphql() -> None:
    rest, path, line = shop()
    row = refund(line)["refund"]["refund_line_items"]
    for given in ({"refund_line_items": row * 300}, {"refund_line_items": row, "transactions": [{}] * 300}):
        rest.post(f"{path}/refunds", {"refund": given})
        assert rest.reply.status == 422
    fields = ["id"] * (INPUT_ARRAY_MAX + 1)
    address = "http://127.0.0.1:8080/webhooks/shopify"
    rest.post("webhooks", {"webhook": {"topic": "orders/create", "address": address, "fields": fields}})
    assert rest.reply.status == 422


@pytest.mark.parametrize(
    "given", [{"barcode": ["1"]}, {"barcode": "1" * 300}, {"taxable": "yes"}, {"price": {"amount": 1}}]
)
def test_a_variant_takes_values_of_its_types(given: dict[str, Any]) -> None:
    rest = Rest()
    path = f"variants/{product(0).variant_id}"
    before = rest.get(path)
    rest.send("PUT", path, {"variant": given})
    assert rest.reply.status == 422
    assert rest.get(path) == before
    rest.send("PUT", path, {"variant": {"barcode": 5_901_234_123_457}})
    assert rest.get(path)["variant"]["barcode"] == "5901234123457"


def test_a_policy_that_is_not_played_is_not_taken_silently() -> None:
    rest = Rest()
    rest.send("PUT", f"variants/{product(0).variant_id}", {"variant": {"inventory_policy": "continue"}})
    assert (rest.reply.status, len(rest.called.unplayed)) == (501, 1)


@pytest.mark.parametrize("given", [{"country_code_of_origin": [1]}, {"requires_shipping": "no"}])
def test_an_item_takes_values_of_its_types(given: dict[str, Any]) -> None:
    rest = Rest()
    rest.send("PUT", f"inventory_items/{product(0).inventory_item_id}", {"inventory_item": given})
    assert rest.reply.status == 422


def test_a_path_is_recorded_short_and_without_its_values() -> None:
    rest = Rest()
    rest.send("GET", "orders/Jane.Doe@example.com")
    assert rest.called.operation == "REST GET orders/{}"
    assert rest.called.unplayed == ("endpoint GET orders/{}",)
    rest.send("GET", "orders" + "/each" * 900)
    assert len(rest.called.operation) <= ERROR_TEXT_MAX


@pytest.mark.parametrize("declared", ["", "text/plain;charset=UTF-8"])
def test_a_body_that_is_not_declared_as_json_is_not_read(declared: str) -> None:
    rest, one = Rest(), product(0)
    rest.content_type = declared
    given = {"location_id": one.location_id, "inventory_item_id": one.inventory_item_id, "available_adjustment": -1}
    assert rest.post("inventory_levels/adjust", given) == {
        "errors": {"location_id": "Required parameter missing or invalid"}
    }
    assert rest.reply.status == 400
    assert rest.post("webhooks", {"webhook": {}}) == {"errors": {"webhook": "Required parameter missing or invalid"}}


def test_a_form_is_read() -> None:
    rest, one = Rest(), product(0)
    rest.content_type = "application/x-www-form-urlencoded"
    form = f"location_id={one.location_id}&inventory_item_id={one.inventory_item_id}&available_adjustment=-1"
    assert rest.post("inventory_levels/adjust", form.encode())["inventory_level"]["available"] == STOCK - 1
    form = "webhook[topic]=orders/create&webhook[address]=https://a.example/&webhook[fields][]=id"
    assert rest.post("webhooks", form.encode())["webhook"]["fields"] == ["id"]
    assert rest.post("webhooks", b"\xff")["errors"].startswith("Bad Request")
