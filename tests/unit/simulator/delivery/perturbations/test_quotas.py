"""Orders with a role are delivered exactly as the role says, and nothing else changes them."""

from collections.abc import Sequence

import msgspec
import pytest

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.config import (
    ChannelConfig,
    DeliveryConfig,
    OrderRole,
    PerturbationConfig,
    PhaseConfig,
    QuotasConfig,
    ShopConfig,
    WorldConfig,
)
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.delivery.perturbations import build
from stockstorm.simulator.delivery.perturbations.quotas import Quotas
from stockstorm.simulator.model import Event, Level, Order, OrderKey, OrderLine, Sku, Topic
from stockstorm.simulator.plan.quotas import (
    AFTER_CANCELLATION_NS,
    CANCELLED_AFTER_NS,
    KEPT_KEY,
    RETURNED_AFTER_NS,
    RETURNED_AGAIN_AFTER_NS,
    kept_skus,
)
from stockstorm.simulator.seeds import Seeds

AT_NS = 40 * SECOND_NS
ORDER = Order(OrderKey(0), 7, "bazaar-1001", 1001, "bazaar", 0, (OrderLine(1, Sku("SKU-00001"), 1, 5),), AT_NS, AT_NS)

_LEVEL = Level(1, 1, 1, 5, 0, AT_NS)


def config(**quotas: int) -> WorldConfig:
    """One order has a role: the first. Every other delivery is delayed."""
    return WorldConfig(
        shop=ShopConfig(skus=20, buyers=1),
        channels=(ChannelConfig(name="online"), ChannelConfig(name="bazaar")),
        phases=(PhaseConfig(name="steady", kind="constant", seconds=100, rate=1),),
        perturbations=(PerturbationConfig(kind="delay", share=1),),
        delivery=DeliveryConfig(retry_time_scale=0.1),
        quotas=QuotasConfig(**quotas),
    )


def perturbed(world: WorldConfig, event: Event) -> list[Delivery]:
    seeds = Seeds(1)
    quotas = Quotas(world, seeds, make_catalogue(world, seeds).by_sku, build(world.perturbations, seeds))
    return quotas([Delivery("id", 1, "http://h", event.source, event.topic, event, AT_NS)])


def order_event(topic: Topic, key: int = 0) -> Event:
    order = msgspec.structs.replace(ORDER, key=OrderKey(key))
    sale = key if topic == "order.created" else -1
    return Event(3, "event", "bazaar", topic, AT_NS, ("order", key, topic, 1), order, sale=sale)


def seen(deliveries: Sequence[Delivery]) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(each.copy, each.due_ns - AT_NS, each.perturbed) for each in deliveries]


def test_a_late_duplicate_comes_minutes_later_on_the_scaled_clock() -> None:
    found = perturbed(config(late_duplicate=1), order_event("order.created"))
    assert seen(found) == [(0, 0, ()), (1, 30 * SECOND_NS, ("late_duplicate",))]
    assert {each.webhook_id for each in found} == {"id"}


def test_what_happens_to_an_order_long_after_its_sale_has_no_late_duplicate() -> None:
    """It would come after the end of the run."""
    event = order_event("order.returned")
    for after_s, copies in ((4, 1), (6, 0)):
        later = msgspec.structs.replace(event, at_ns=ORDER.created_ns + after_s * SECOND_NS)
        assert len(perturbed(config(late_duplicate=1), later)) == 1 + copies


def test_a_near_duplicate_comes_within_five_milliseconds() -> None:
    original, copy = perturbed(config(near_duplicate=1), order_event("order.cancelled"))
    assert 0 <= copy.due_ns - original.due_ns < 5 * MILLISECOND_NS
    assert (copy.webhook_id, copy.perturbed) == ("id", ("near_duplicate",))


def test_what_is_resent_has_a_webhook_id_of_its_own() -> None:
    original, copy = perturbed(config(resent=1), order_event("order.created"))
    assert 0 <= copy.due_ns - original.due_ns < SECOND_NS
    assert (original.perturbed, copy.perturbed, copy.copy) == ((), ("resent",), 1)
    assert copy.webhook_id != original.webhook_id
    assert copy.event is original.event


@pytest.mark.parametrize(
    ("role", "marks"),
    [
        ("cancel_before_create", [(0, ("cancel_before_create",))]),
        ("duplicate_after_cancel", [(0, ()), (1, ("duplicate_after_cancel",))]),
    ],
)
def test_the_sale_or_its_copy_comes_after_the_cancellation(
    role: OrderRole, marks: list[tuple[int, tuple[str, ...]]]
) -> None:
    found = perturbed(config(**{role: 1}), order_event("order.created"))
    assert [(copy, mark) for copy, _, mark in seen(found)] == marks
    assert found[-1].due_ns - AT_NS == CANCELLED_AFTER_NS[role] + AFTER_CANCELLATION_NS
    assert seen(perturbed(config(**{role: 1}), order_event("order.cancelled"))) == [(0, 0, ())]


def test_what_the_order_itself_is_stands_at_the_event_that_shows_it() -> None:
    assert seen(perturbed(config(two_lines=1), order_event("order.created"))) == [(0, 0, ("two_lines",))]
    assert seen(perturbed(config(two_lines=1), order_event("order.cancelled"))) == [(0, 0, ())]
    cancelled = perturbed(config(return_then_cancel=1), order_event("order.cancelled"))
    assert seen(cancelled) == [(0, 0, ("return_then_cancel",))]


def test_every_second_return_is_delivered_after_the_cancellation_that_followed_it() -> None:
    world, second = config(return_then_cancel=2), 33  # the second of three orders that have a role, of 100
    assert seen(perturbed(world, order_event("order.returned"))) == [(0, 0, ())]
    ((_, held_ns, marks),) = seen(perturbed(world, order_event("order.returned", key=second)))
    assert marks == ("return_then_cancel",)
    assert RETURNED_AFTER_NS + held_ns == CANCELLED_AFTER_NS["return_then_cancel"] + AFTER_CANCELLATION_NS
    assert seen(perturbed(world, order_event("order.cancelled", key=second))) == [(0, 0, ("return_then_cancel",))]


def test_the_sale_of_an_order_that_was_returned_and_cancelled_comes_once_more() -> None:
    world, second = config(return_then_cancel=2), 33
    deliveries = perturbed(world, order_event("order.created"))
    (_, first_ns, _), (copy, lag_ns, marks) = seen(deliveries)
    assert deliveries[0].webhook_id != deliveries[1].webhook_id
    assert (first_ns, copy, marks) == (0, 1, ("duplicate_after_cancel",))
    assert lag_ns == CANCELLED_AFTER_NS["return_then_cancel"] + AFTER_CANCELLATION_NS
    assert seen(perturbed(world, order_event("order.created", key=second))) == [(0, 0, ())]


def test_everything_of_an_order_that_comes_back_in_two_parts_is_sent_twice_at_once_under_two_ids() -> None:
    expected: dict[Topic, tuple[str, ...]] = {"order.created": (), "order.returned": ("two_returns",)}
    for topic, marks in expected.items():
        original, copy = perturbed(config(two_returns=2), order_event(topic))
        assert 0 <= copy.due_ns - original.due_ns < 5 * MILLISECOND_NS
        assert original.webhook_id != copy.webhook_id
        assert (original.due_ns, original.perturbed, copy.perturbed) == (AT_NS, marks, ("resent",))


def test_every_second_sale_of_an_order_that_comes_back_in_two_parts_is_delivered_after_its_returns() -> None:
    world, second = config(two_returns=2), 33
    held_ns = RETURNED_AGAIN_AFTER_NS + AFTER_CANCELLATION_NS
    assert seen(perturbed(world, order_event("order.created", key=second))) == [(0, held_ns, ("two_returns",))]
    assert seen(perturbed(world, order_event("order.returned", key=second))) == [(0, 0, ("two_returns",))]


def test_orders_without_a_role_get_the_perturbations_of_the_scenario() -> None:
    for event in (
        order_event("order.created", key=1),
        Event(3, "event", "shopify", "products/update", AT_NS, ("p", 1)),
    ):
        ((copy, late_ns, marks),) = seen(perturbed(config(resent=1), event))
        assert (copy, marks) == (0, ("delay",))
        assert 0 <= late_ns < SECOND_NS


def test_events_next_to_a_fault_are_marked_and_not_moved() -> None:
    world = config(before_kill=2, after_restart=1)
    kept = kept_skus(world)
    line = msgspec.structs.replace(ORDER.lines[0], sku=kept["after_restart"][0])
    order = msgspec.structs.replace(ORDER, key=KEPT_KEY, lines=(line,))
    bought = Event(3, "event", "bazaar", "order.created", AT_NS, ("order", 1), order, sale=KEPT_KEY)
    assert seen(perturbed(world, bought)) == [(0, 0, ("after_restart",))]
    catalogue = make_catalogue(world, Seeds(1))
    item = catalogue.by_sku[kept["before_kill"][1]].inventory_item_id
    level = msgspec.structs.replace(_LEVEL, inventory_item_id=item)
    restocked = Event(3, "event", "shopify", "inventory_levels/update", AT_NS, ("stock", 1), level=level)
    assert seen(perturbed(world, restocked)) == [(0, 0, ("before_kill",))]
