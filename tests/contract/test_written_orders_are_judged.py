"""Orders that an app writes to the master are judged as its adjustments are: by their names, or by their units."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from stockstorm.reports.checkers.applied_twice import AppliedTwice
from stockstorm.reports.checkers.drift import Drift
from stockstorm.reports.checkers.oversell import Oversell
from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import first_breach
from stockstorm.reports.history.reads import is_query
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.plan.items import AnyPlanItem
from tests.admin_calls import START_NS, Admin
from tests.literal_history import started
from tests.small_world import available, buy, cancel, give_back, pay, product, sku

CREATE = """mutation Create($order: OrderCreateOrderInput!, $how: OrderCreateInputsInventoryBehavior) {
  orderCreate(order: $order, options: {inventoryBehaviour: $how}) {
    order { id lineItems(first: 1) { nodes { id } } } userErrors { message } } }"""
CANCEL = """mutation Cancel($id: ID!, $restock: Boolean!) {
  orderCancel(orderId: $id, reason: OTHER, restock: $restock) { orderCancelUserErrors { message } } }"""
REFUND = """mutation Refund($input: RefundInput!) { refundCreate(input: $input) @idempotent(key: "a") {
  userErrors { message } } }"""
Written = dict[str, Any]


class Run:
    """A shop with three sales, and an app that does what the test says. At the end it lists what the master shows."""

    def __init__(self) -> None:
        self.admin = Admin()
        self.facts: list[f.AnyFact] = [*self.admin.world.opening(START_NS)]
        self.facts.append(msgspec.structs.replace(started(), at_ns=START_NS))
        for item in (buy(0, "bazaar", (0, 2)), buy(1, "mercado", (1, 3)), buy(2, "online", (2, 1)), pay(2)):
            self.plan(item)

    def plan(self, item: AnyPlanItem) -> None:
        self.admin.now_ns += SECOND_NS
        self.facts += self.admin.world.apply(item, self.admin.now_ns).facts

    def call(self, query: str, **variables: Any) -> Any:
        (payload,) = self.admin.data(query, **variables).values()
        self.facts += self.admin.reply.facts
        return payload

    def write(self, place: int, units: int, ref: str = "", how: str = "DECREMENT_IGNORING_POLICY") -> Written:
        variant = f"gid://shopify/ProductVariant/{product(place).variant_id}"
        order = {"lineItems": [{"variantId": variant, "quantity": units}]} | ({"sourceIdentifier": ref} if ref else {})
        made: Written = self.call(CREATE, order=order, how=how)["order"]
        return made

    def ended(self) -> History:
        world, now_ns = self.admin.world, self.admin.now_ns + SECOND_NS
        listings = [(sku(place), max(0, available(world, place))) for place in range(4)]
        for channel in world.marketplaces:
            self.facts += world.push_listings(channel, listings, request=0, now_ns=now_ns).facts
        self.facts += [f.LoadStopped(now_ns), f.QuietReached(now_ns, True, 0, by="silence")]
        self.facts += [*world.final_facts(now_ns), f.RunEnded(now_ns, True)]
        history = History.of(self.facts)
        assert first_breach(history, self.facts) is None
        return history


def named(run: Run) -> None:
    run.write(0, 2, "bazaar-1001")
    run.write(1, 3, "mercado-1001")


def unnamed(run: Run) -> None:
    run.write(0, 2)
    run.write(1, 3)


def cancelled_too(run: Run) -> None:
    made = run.write(0, 2, "bazaar-1001")
    run.write(1, 3, "mercado-1001")
    run.plan(cancel(0))
    run.call(CANCEL, id=made["id"], restock=True)


def returned_too(run: Run) -> None:
    made = run.write(0, 2, "bazaar-1001")
    run.write(1, 3, "mercado-1001")
    run.plan(give_back(0, (0, 1)))
    row = {"lineItemId": made["lineItems"]["nodes"][0]["id"], "quantity": 1, "restockType": "RETURN"}
    run.call(REFUND, input={"orderId": made["id"], "refundLineItems": [row]})


def with_a_buyers_order(run: Run) -> None:
    """The app also refunds and cancels what a buyer of the own store had bought."""
    named(run)
    (order,) = run.call('{ orders(first: 1, query: "source_name:web") { nodes { id } } }')["nodes"]
    run.call(CANCEL, id=order["id"], restock=True)
    run.plan(cancel(2))


def without_restock(run: Run) -> None:
    named(run)
    (order,) = run.call('{ orders(first: 1, query: "source_name:web") { nodes { id } } }')["nodes"]
    run.call(CANCEL, id=order["id"], restock=False)


def twice(run: Run) -> None:
    named(run)
    run.write(0, 2, "bazaar-1001")


def lost(run: Run) -> None:
    run.write(0, 2, "bazaar-1001")


def without_claim(run: Run) -> None:
    run.write(0, 2, "bazaar-1001", how="BYPASS")
    run.write(1, 3, "mercado-1001")


@pytest.mark.parametrize("act", [named, unnamed, cancelled_too, returned_too, with_a_buyers_order, without_restock])
def test_a_sound_app_that_writes_orders_is_valid(act: Callable[[Run], None]) -> None:
    run = Run()
    act(run)
    history = run.ended()
    assert history.orders.net_only == (act is unnamed)
    for checker in (Drift(), Oversell(), AppliedTwice()):
        assert checker(history).verdict == "valid", checker(history).reason


@pytest.mark.parametrize(("act", "doubled"), [(twice, True), (lost, False), (without_claim, False)])
def test_an_order_written_twice_or_not_at_all_is_found(act: Callable[[Run], None], doubled: bool) -> None:
    run = Run()
    act(run)
    history = run.ended()
    assert Drift()(history).verdict == "invalid"
    assert (AppliedTwice()(history).verdict == "invalid") == doubled


@pytest.mark.parametrize(
    "operation", ["orderCreate", "orderCancel", "refundCreate", "fulfillmentCreate", "productVariantsBulkUpdate"]
)
def test_the_answer_of_a_mutation_is_no_query(operation: str) -> None:
    assert not is_query(operation)
    assert all(map(is_query, ("order", "orders", "ordersCount", "products", "GET bulk operation file")))
