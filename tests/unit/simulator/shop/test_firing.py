import msgspec

from stockstorm.simulator.history.facts import EventFired, LoadStopped
from stockstorm.simulator.model import Level, Order, OrderKey, Product, Refund, Sku
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.firing import Firing

ORDER = Order(OrderKey(4), 104, "104", 1001, "online", 0, (), 5, 5)
LEVEL = Level(11, 5, 3, 7, 1, 20)
PRODUCT = Product(Sku("S"), 31, 2, 11, 5, 3, "Mug", "mug", "V", "Mug", 100, 10, 10, False)


def test_events_of_one_action_share_an_event_id_and_have_consecutive_serials() -> None:
    firing = Firing(Seeds(1))
    first, second = firing.action(20, "plan", 1), firing.action(21, "plan", 2)
    first.order("shopify", "orders/create", ORDER)
    first.stock(LEVEL, "S", 4)
    second.product(PRODUCT, ((PRODUCT, 7),))
    events = [*first.changes.events, *second.changes.events]
    assert [event.event for event in events] == [0, 1, 2]
    assert events[0].event_id == events[1].event_id != events[2].event_id


def test_stock_events_of_an_order_can_have_ids_of_their_own() -> None:
    firing = Firing(Seeds(1), apart=True)
    order, call = firing.action(20, "plan", 1), firing.action(21, "call", 1)
    order.order("shopify", "orders/create", ORDER)
    for version in (3, 4):
        order.stock(msgspec.structs.replace(LEVEL, version=version), "S", 4)
        call.stock(msgspec.structs.replace(LEVEL, version=version + 2), "S")
    assert len({event.event_id for event in order.changes.events}) == 3
    assert len({event.event_id for event in call.changes.events}) == 1, "what a call changes is its own"


def test_event_ids_depend_on_the_seed_and_the_action_alone() -> None:
    ids = []
    for seed, serial in ((1, 7), (1, 7), (1, 8), (2, 7)):
        action = Firing(Seeds(seed)).action(20, "plan", serial)
        action.product(PRODUCT, ((PRODUCT, 7),))
        ids.append(action.changes.events[0].event_id)
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_an_order_event_carries_the_order_and_its_fact_the_key() -> None:
    action = Firing(Seeds(1)).action(20, "plan", 1)
    refund = Refund(9, 20, (), True)
    action.order("shopify", "refunds/create", ORDER, 1, refund)
    event = action.changes.events[0]
    assert (event.order, event.refund, event.level, event.product, event.at_ns) == (ORDER, refund, None, None, 20)
    assert event.rng_key == ("order", 4, "refunds/create", 1)
    assert action.changes.facts == [EventFired(20, 0, event.event_id, "shopify", "refunds/create", 4)]


def test_a_stock_event_carries_the_level_and_is_keyed_by_its_version() -> None:
    action = Firing(Seeds(1)).action(20, "call", 1)
    action.stock(LEVEL, "S")
    event = action.changes.events[0]
    assert (event.source, event.topic, event.level) == ("shopify", "inventory_levels/update", LEVEL)
    assert event.rng_key == ("stock", 11, 5, 3)
    assert action.changes.facts == [EventFired(20, 0, event.event_id, "shopify", event.topic, -1, "S", 3)]


def test_edits_of_one_product_have_different_rng_keys() -> None:
    firing = Firing(Seeds(1))
    other = msgspec.structs.replace(PRODUCT, product_id=32)
    action = firing.action(20, "plan", 1)
    for product in (PRODUCT, other, PRODUCT):
        action.product(product, ((product, 7),))
    assert [event.rng_key for event in action.changes.events] == [
        ("product", 31, 1),
        ("product", 32, 1),
        ("product", 31, 2),
    ]


def test_an_action_may_have_facts_without_events() -> None:
    action = Firing(Seeds(1)).action(20, "plan", 1)
    action.note(LoadStopped(20))
    assert (action.changes.facts, action.changes.events) == ([LoadStopped(20)], [])
