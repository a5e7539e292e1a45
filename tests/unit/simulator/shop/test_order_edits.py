"""An edited order: what is taken out goes back into stock, what is added is taken from it, and money stays."""

import json
from typing import Any

import msgspec
import pytest

from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import FollowUpVoid, OrderCancelled, OrderReturned, StockChanged
from stockstorm.simulator.model import Event, OrderKey, Topic
from stockstorm.simulator.plan.items import PlannedOrderEdit
from stockstorm.simulator.world import Changes, World
from tests.admin_calls import WALL, Admin
from tests.small_world import (
    STOCK,
    available,
    buy,
    cancel,
    give_back,
    own_orders,
    pay,
    product,
    sku,
    small_config,
    small_world,
)


def edit(removed: tuple[tuple[int, int], ...] = (), added: tuple[tuple[int, int], ...] = ()) -> PlannedOrderEdit:
    lines = [tuple((sku(place), units) for place, units in each) for each in (removed, added)]
    return PlannedOrderEdit(0, 9, OrderKey(0), *lines)


def bought() -> World:
    """A paid order of 2 and 1 units."""
    world = small_world()
    world.apply(buy(0, "online", (0, 2), (1, 1)), 50)
    world.apply(pay(0), 60)
    return world


def body(changes: Changes, topic: Topic) -> Any:
    (event,) = [each for each in changes.events if each.topic == topic]
    return json.loads(Payloads(small_world().catalogue, small_config().shop, WALL).body(event))


def topics(events: list[Event]) -> list[str]:
    return [event.topic for event in events]


def test_units_that_are_taken_out_are_in_stock_again_and_make_a_refund_without_money() -> None:
    world = bought()
    changes = world.apply(edit(removed=((0, 1),)), 70)
    assert topics(changes.events) == ["refunds/create", "orders/edited", "orders/updated", "inventory_levels/update"]
    assert [(fact.cause, fact.delta, fact.order) for fact in changes.facts if isinstance(fact, StockChanged)] == [
        ("order_edit", 1, 0)
    ]
    assert not any(isinstance(fact, OrderReturned) for fact in changes.facts)  # the ledger alone tells of the units
    assert available(world, 0) == world.physical(sku(0)) == STOCK - 1
    refund, order = body(changes, "refunds/create"), body(changes, "orders/updated")
    assert (refund["transactions"], [row["restock_type"] for row in refund["refund_line_items"]]) == ([], ["cancel"])
    assert [(line["quantity"], line["current_quantity"]) for line in order["line_items"]] == [(2, 1), (1, 1)]
    assert order["financial_status"] == "paid"
    assert order["total_outstanding"] == f"-{product(0).price_minor / 100:.2f}"


def test_an_added_line_is_taken_from_stock_and_not_paid_for() -> None:
    world = bought()
    changes = world.apply(edit(added=((2, 3),)), 70)
    assert topics(changes.events) == ["orders/edited", "orders/updated", "inventory_levels/update"]
    assert available(world, 2) == world.physical(sku(2)) == STOCK - 3
    order = body(changes, "orders/updated")
    assert [line["sku"] for line in order["line_items"]] == [sku(0), sku(1), sku(2)]
    assert order["financial_status"] == "partially_paid"
    assert float(order["total_outstanding"]) == 3 * product(2).price_minor / 100
    assert float(order["current_subtotal_price"]) - float(order["subtotal_price"]) == pytest.approx(
        3 * product(2).price_minor / 100
    )
    (known,) = own_orders(world)
    assert [one.order_id for one in world.orders().sorted_by("id").between(None, None, 9)] == [known.order_id]


def test_an_edit_tells_the_lines_and_no_order() -> None:
    world = bought()
    told = body(world.apply(edit(removed=((0, 2),), added=((3, 1),)), 70), "orders/edited")["order_edit"]
    (order,) = own_orders(world)
    assert told["order_id"] == order.order_id
    assert told["line_items"] == {
        "additions": [{"id": order.lines[2].line_id, "delta": 1}],
        "removals": [{"id": order.lines[0].line_id, "delta": 2}],
    }
    assert (told["discounts"], told["shipping_lines"]) == (
        {"line_item": {"additions": [], "removals": []}},
        {"additions": [], "removals": []},
    )


def test_a_cancellation_after_an_edit_gives_back_what_the_order_has_then_and_all_the_money() -> None:
    world = bought()
    world.apply(edit(removed=((0, 1),), added=((2, 3),)), 70)
    changes = world.apply(cancel(0), 80)
    (gone,) = [fact for fact in changes.facts if isinstance(fact, OrderCancelled)]
    assert dict(zip(gone.skus, gone.quantities, strict=True)) == {sku(0): 1, sku(1): 1, sku(2): 3}
    assert [(available(world, place), world.physical(sku(place))) for place in range(3)] == [(STOCK, STOCK)] * 3
    refund = body(changes, "refunds/create")
    paid = 2 * product(0).price_minor + product(1).price_minor + 495
    assert refund["transactions"][0]["amount"] == f"{paid / 100:.2f}"
    (adjustment,) = refund["order_adjustments"]
    of_lines = product(0).price_minor + product(1).price_minor + 3 * product(2).price_minor + 495
    assert (adjustment["kind"], adjustment["amount"]) == ("refund_discrepancy", f"{(paid - of_lines) / 100:.2f}")
    assert body(changes, "orders/cancelled")["financial_status"] == "refunded"


def test_nothing_is_added_that_is_not_there() -> None:
    world = bought()
    changes = world.apply(edit(added=((2, STOCK + 1),)), 70)
    assert (changes.facts, changes.events) == ([FollowUpVoid(70, 0, "edit")], [])


@pytest.mark.parametrize("before", ["unpaid", "cancelled", "returned", "refused"])
def test_only_open_paid_whole_orders_are_edited(before: str) -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, STOCK + 1 if before == "refused" else 2)), 50)
    if before != "unpaid":
        world.apply(pay(0), 60)
    if before in ("cancelled", "returned"):
        world.apply(cancel(0) if before == "cancelled" else give_back(0, (0, 1)), 65)
    assert world.apply(edit(removed=((0, 1),)), 70).facts == [FollowUpVoid(70, 0, "edit")]


def test_the_admin_api_shows_an_edited_order() -> None:
    admin = Admin(bought())
    admin.world.apply(edit(removed=((0, 1),), added=((2, 1),)), 70)
    query = """{ orders(first: 1) { nodes { edited displayFinancialStatus totalOutstandingSet { shopMoney { amount } }
      refunds { totalRefundedSet { shopMoney { amount } } } transactions { kind }
      lineItems(first: 5) { nodes { quantity currentQuantity } } } } }"""
    (order,) = admin.data(query)["orders"]["nodes"]
    assert (order["edited"], [each["kind"] for each in order["transactions"]]) == (True, ["SALE"])
    assert [each["totalRefundedSet"]["shopMoney"]["amount"] for each in order["refunds"]] == ["0.00"]
    assert [tuple(line.values()) for line in order["lineItems"]["nodes"]] == [(2, 1), (1, 1), (1, 1)]


def test_an_edited_order_is_stored_and_read_as_it_is() -> None:
    world = bought()
    world.apply(edit(removed=((0, 1),), added=((2, 1),)), 70)
    (order,) = own_orders(world)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(order), type=type(order)) == order
