"""Subscriptions that choose fields, metafields or events get just these, signed as they are sent."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.delivery.service import Dispatch
from stockstorm.simulator.events.encoding import matches
from stockstorm.simulator.history.facts import DeliveryWithheld, EventUnheard, SubscriptionCreated
from stockstorm.simulator.model import Event, OrderEdit, OrderKey, Topic
from tests.delivery_service import SECRETS, DeliverySetup
from tests.literal_shop import AT_NS, MUG, ORDER, REFUND, TEE, order_event, product_event, stock_event

TOPIC = "inventory_levels/update"


def subscribe(setup: DeliverySetup, topic: str = TOPIC, **wishes: Any) -> int:
    uri = "http://127.0.0.1:8080/hooks/shopify"
    made, _ = setup.world.subscribe("shopify", topic, uri, now_ns=AT_NS, **wishes)
    return made.subscription_id


def stock(serial: int, available: int, at_ns: int = AT_NS) -> Event:
    return msgspec.structs.replace(stock_event(serial, available), at_ns=at_ns)


def sent(dispatch: Dispatch) -> list[Any]:
    return [json.loads(outgoing.body) for outgoing in dispatch.attempts]


def withheld(dispatch: Dispatch) -> list[tuple[int, int, str]]:
    found = [fact for fact in dispatch.facts if isinstance(fact, DeliveryWithheld)]
    return [(fact.event, fact.subscription, fact.why) for fact in found]


def test_only_the_included_fields_are_sent_in_their_order_and_signed(setup: DeliverySetup) -> None:
    subscribe(setup, include_fields=("available", "inventory_item_id", "nothing"))
    dispatch = setup.deliveries.fire([stock(1, 5)], AT_NS)
    (outgoing,) = dispatch.attempts
    assert list(json.loads(outgoing.body)) == ["inventory_item_id", "available"]
    head = outgoing.head.decode()
    signature = head.split("X-Shopify-Hmac-Sha256: ")[1].split("\r\n")[0]
    assert matches(SECRETS.client_secret, outgoing.body, signature)
    assert f"Content-Length: {len(outgoing.body)}\r\n" in head


def test_fields_within_lists_are_chosen_and_slashes_stay_escaped(setup: DeliverySetup) -> None:
    subscribe(
        setup, "orders/create", include_fields=("id", "line_items.sku", "line_items.quantity", "order_status_url")
    )
    (outgoing,) = setup.deliveries.fire([order_event("orders/create")], AT_NS).attempts
    order = json.loads(outgoing.body)
    assert set(order) == {"id", "line_items", "order_status_url"}
    assert all(set(line) == {"sku", "quantity"} for line in order["line_items"])
    assert rb"https:\/\/" in outgoing.body


def test_a_field_chosen_as_a_whole_stays_whole(setup: DeliverySetup) -> None:
    subscribe(setup, "orders/create", include_fields=("line_items.sku", "line_items"))
    (order,) = sent(setup.deliveries.fire([order_event("orders/create")], AT_NS))
    assert len(order["line_items"][0]) > 20


def test_each_subscription_of_a_topic_gets_its_own_payload(setup: DeliverySetup) -> None:
    subscribe(setup)
    subscribe(setup, include_fields=("available",))
    whole, cut = sent(setup.deliveries.fire([stock(1, 5)], AT_NS))
    assert (len(whole), cut) == (5, {"available": 5})


def test_a_filter_keeps_events_back_and_says_so(setup: DeliverySetup) -> None:
    subscription = subscribe(setup, filter="available:<10")
    dispatch = setup.deliveries.fire([stock(1, 10), stock(2, 9)], AT_NS)
    assert [payload["available"] for payload in sent(dispatch)] == [9]
    assert withheld(dispatch) == [(1, subscription, "filter")]
    assert not any(isinstance(fact, EventUnheard) for fact in dispatch.facts)


def test_a_filter_on_a_field_that_is_not_included_delivers_nothing(setup: DeliverySetup) -> None:
    subscribe(setup, filter="available:<10", include_fields=("inventory_item_id",))
    assert setup.deliveries.fire([stock(1, 5)], AT_NS).attempts == []


def test_equal_payloads_of_included_fields_are_sent_once_within_the_time(setup: DeliverySetup) -> None:
    subscription = subscribe(setup, include_fields=("available",))
    events = [stock(1, 5), stock(2, 5, AT_NS + SECOND_NS), stock(3, 4), stock(4, 4, AT_NS + 6 * SECOND_NS)]
    dispatch = setup.deliveries.fire(events, AT_NS)
    assert [payload["available"] for payload in sent(dispatch)] == [5, 4, 4]
    assert withheld(dispatch) == [(2, subscription, "unchanged")]


def test_equal_payloads_of_different_resources_are_all_sent(setup: DeliverySetup) -> None:
    subscribe(setup, include_fields=("available",))
    other = msgspec.structs.replace(stock(2, 5), rng_key=("stock", 999, 7, 1))
    assert len(setup.deliveries.fire([stock(1, 5), other], AT_NS).attempts) == 2


def called(topic: Topic, serial: int, **about: Any) -> Event:
    return Event(serial, f"event-{serial}", "shopify", topic, AT_NS, ("call", topic, serial), **about)


@pytest.mark.parametrize(
    ("topic", "field", "events"),
    [
        (
            "inventory_items/update",
            "tracked",
            [called("inventory_items/update", n, product=product) for n, product in enumerate((MUG, TEE))],
        ),
        (
            "orders/fulfilled",
            "currency",
            [called("orders/fulfilled", n, order=msgspec.structs.replace(ORDER, key=OrderKey(n))) for n in range(2)],
        ),
        ("refunds/create", "order_id", [order_event("refunds/create", serial=n, refund=REFUND) for n in range(2)]),
    ],
)
def test_events_of_calls_about_different_things_are_all_sent(
    setup: DeliverySetup, topic: str, field: str, events: list[Event]
) -> None:
    """However equal the chosen fields of two items, two orders or two refunds are."""
    subscribe(setup, topic, include_fields=(field,))
    dispatch = setup.deliveries.fire(events, AT_NS)
    assert len(sent(dispatch)) == 2
    assert withheld(dispatch) == []


def test_an_item_that_is_told_of_twice_with_equal_fields_is_sent_once(setup: DeliverySetup) -> None:
    subscription = subscribe(setup, "inventory_items/update", include_fields=("tracked",))
    events = [called("inventory_items/update", n, product=MUG) for n in range(2)]
    dispatch = setup.deliveries.fire(events, AT_NS)
    assert len(sent(dispatch)) == 1
    assert withheld(dispatch) == [(1, subscription, "unchanged")]


def test_whole_payloads_are_never_debounced(setup: DeliverySetup) -> None:
    subscribe(setup, filter="available:*")
    assert len(setup.deliveries.fire([stock(1, 5), stock(2, 5)], AT_NS).attempts) == 2


@pytest.mark.parametrize(("namespaces", "keys"), [(("custom",), ["material", "origin"]), (("other",), [])])
def test_metafields_of_the_namespaces_are_added_to_products(
    setup: DeliverySetup, namespaces: tuple[str, ...], keys: list[str]
) -> None:
    subscribe(setup, "products/update", metafield_namespaces=namespaces)
    (product,) = sent(setup.deliveries.fire([product_event()], AT_NS))
    assert [each["key"] for each in product["metafields"]] == keys
    assert len(product) == 23


def test_payloads_with_metafields_are_debounced_only_if_fields_are_chosen(setup: DeliverySetup) -> None:
    subscribe(setup, "products/update", metafield_namespaces=("custom",))
    assert len(setup.deliveries.fire([product_event(1), product_event(2)], AT_NS).attempts) == 2


def test_an_edit_of_an_order_has_no_metafields(setup: DeliverySetup) -> None:
    subscribe(setup, "orders/edited", metafield_namespaces=("warehouse",))
    order = msgspec.structs.replace(ORDER, edits=(OrderEdit(5, AT_NS, (), ((ORDER.lines[0].line_id, 1),)),))
    (told,) = sent(setup.deliveries.fire([called("orders/edited", 1, order=order)], AT_NS))
    assert list(told) == ["order_edit"]


def test_metafields_are_added_to_orders_and_to_nothing_else(setup: DeliverySetup) -> None:
    subscribe(setup, "orders/create", metafield_namespaces=("warehouse",))
    subscribe(setup, metafield_namespaces=("warehouse",))
    order, level = sent(setup.deliveries.fire([order_event("orders/create"), stock(2, 5)], AT_NS))
    (wave,) = order["metafields"]
    assert (wave["key"], wave["owner_id"], wave["owner_resource"]) == ("wave", order["id"], "order")
    assert wave["created_at"] == order["created_at"]
    assert "metafields" not in level


def test_a_changed_subscription_gets_what_it_asks_for_from_then_on(setup: DeliverySetup) -> None:
    number = subscribe(setup)
    old = setup.world.subscription(number)
    assert old is not None
    setup.world.change_subscription(msgspec.structs.replace(old, include_fields=("available",), updated_ns=AT_NS))
    assert sent(setup.deliveries.fire([stock(1, 5)], AT_NS)) == [{"available": 5}]


def test_what_is_withheld_is_told_of_with_the_filter_that_did_it(make_setup: Callable[..., DeliverySetup]) -> None:
    world = make_setup().world
    _, changes = world.subscribe("shopify", TOPIC, "http://me", now_ns=1, filter="a:1", include_fields=("a", "b" * 900))
    (fact,) = changes.facts
    assert isinstance(fact, SubscriptionCreated)
    assert (fact.filter, fact.include_fields) == ("a:1", ("a", "b" * 500))
