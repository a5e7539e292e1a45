"""The events of one call leave one after the other; what the plan causes leaves when the plan says."""

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import DeliveryConfig
from stockstorm.simulator.model import Event
from tests.delivery_service import DeliverySetup, config
from tests.literal_shop import AT_NS, MUG, TEE, order_event, stock_event

GAP_NS = SECOND_NS // 250


def about(item: int, serial: int, at_ns: int = AT_NS) -> Event:
    """An event about the only level of an item."""
    made = stock_event(serial, version=serial)
    assert made.level is not None
    return msgspec.structs.replace(made, at_ns=at_ns, level=msgspec.structs.replace(made.level, inventory_item_id=item))


def due(setup: DeliverySetup, events: list[Event], due_ns: int | None = None) -> list[int]:
    """When each first attempt is due, after AT_NS."""
    return [each.due_ns - AT_NS for each in setup.deliveries.fire(events, AT_NS, due_ns).attempts]


def test_the_largest_call_is_told_evenly_within_a_second(setup: DeliverySetup) -> None:
    setup.subscribe()
    found = due(setup, [about(item, item) for item in range(1, 251)])
    assert found == [nth * GAP_NS for nth in range(250)]
    assert found[-1] < SECOND_NS


def test_an_event_that_nobody_hears_takes_no_time(setup: DeliverySetup) -> None:
    setup.subscribe()
    unheard = order_event("orders/updated", serial=9)
    assert due(setup, [unheard, about(1, 1), unheard, about(2, 2)]) == [0, GAP_NS]


def test_the_scenario_says_how_many_leave_in_a_second() -> None:
    made = config().model_copy(update={"delivery": DeliveryConfig(fan_out_per_s=1_000)})
    setup = DeliverySetup(made)
    setup.subscribe()
    assert due(setup, [about(item, item) for item in range(1, 5)]) == [0, 1_000_000, 2_000_000, 3_000_000]


def test_what_the_plan_causes_is_due_when_the_plan_says(setup: DeliverySetup) -> None:
    setup.subscribe()
    assert due(setup, [about(item, item) for item in range(1, 4)], AT_NS - 9) == [-9, -9, -9]


def test_all_subscriptions_of_one_event_are_due_together(setup: DeliverySetup) -> None:
    setup.subscribe()
    setup.subscribe()
    assert due(setup, [about(1, 1), about(2, 2)]) == [0, 0, GAP_NS, GAP_NS]


def test_later_events_about_a_level_that_waits_are_not_sent_before_it(setup: DeliverySetup) -> None:
    setup.subscribe()
    mug, tee = MUG.inventory_item_id, TEE.inventory_item_id
    assert due(setup, [about(tee, 1), about(mug, 2)]) == [0, GAP_NS]
    assert due(setup, [about(mug, 3, AT_NS + 1)], AT_NS + 1) == [GAP_NS]  # of the plan
    assert due(setup, [about(tee, 4, AT_NS + 1)], AT_NS + 1) == [1]
    assert due(setup, [about(mug, 5, AT_NS + 2)]) == [GAP_NS]  # of another call
    assert due(setup, [about(mug, 6, AT_NS + SECOND_NS)], AT_NS + SECOND_NS) == [SECOND_NS]
