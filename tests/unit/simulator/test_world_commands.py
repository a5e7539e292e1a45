"""The commands of the subject: adjust, set, push listings and subscribe."""

import pytest

from stockstorm.simulator.history.facts import (
    ListingPushed,
    StockChanged,
    StockUnmoved,
    SubscriptionCreated,
    SubscriptionRemoved,
)
from stockstorm.simulator.world import LevelChange, LevelSet, StaleQuantity
from tests.small_world import STOCK, available, product, sku, small_world

URN = "urn:channel-orders:bazaar:bazaar-1001"


def change(place: int, delta: int, change_from: int | None = None) -> LevelChange:
    return LevelChange(product(place).inventory_item_id, product(place).location_id, delta, change_from)


def level_set(place: int, quantity: int, change_from: int | None = None) -> LevelSet:
    return LevelSet(product(place).inventory_item_id, product(place).location_id, quantity, change_from)


def test_an_adjustment_records_each_row_and_fires_one_event_for_it() -> None:
    world = small_world()
    changes = world.adjust([change(0, -2, STOCK), change(1, 3)], reference=URN, request=6, now_ns=50)
    assert [
        (fact.sku, fact.version, fact.delta, fact.available, fact.cause, fact.reference, fact.compared, fact.request)
        for fact in changes.facts
        if isinstance(fact, StockChanged)
    ] == [
        (sku(0), 1, -2, STOCK - 2, "subject_adjust", URN, True, 6),
        (sku(1), 1, 3, STOCK + 3, "subject_adjust", URN, False, 6),
    ]
    assert [event.topic for event in changes.events] == ["inventory_levels/update"] * 2
    assert len({event.event_id for event in changes.events}) == 1


def test_an_adjustment_does_not_change_physical_stock() -> None:
    world = small_world()
    world.adjust([change(0, -2)], reference=URN, request=6, now_ns=50)
    world.set_available([level_set(1, 0)], reference="", request=7, now_ns=50)
    assert (world.physical(sku(0)), world.physical(sku(1))) == (STOCK, STOCK)
    assert (available(world, 0), available(world, 1)) == (STOCK - 2, 0)


def test_a_row_of_0_units_fires_nothing_but_is_recorded_with_its_reference() -> None:
    world = small_world()
    changes = world.adjust([change(0, 0, STOCK)], reference=URN, request=6, now_ns=50)
    assert (changes.facts, changes.events) == (
        [StockUnmoved(50, sku(0), 0, URN, 6, "subject_adjust", compared=True)],
        [],
    )


def test_a_set_reaches_its_quantity_from_any_level() -> None:
    world = small_world()
    changes = world.set_available([level_set(0, 4), level_set(1, STOCK)], reference="", request=1, now_ns=50)
    assert [(fact.cause, fact.delta) for fact in changes.facts if isinstance(fact, StockChanged)] == [
        ("subject_set", -6)
    ]
    assert (available(world, 0), available(world, 1)) == (4, STOCK)


def test_a_set_that_changes_nothing_is_recorded_as_a_set() -> None:
    changes = small_world().set_available([level_set(0, STOCK)], reference=URN, request=6, now_ns=50)
    assert (changes.facts, changes.events) == ([StockUnmoved(50, sku(0), 0, URN, 6, "subject_set")], [])


def test_a_stale_row_anywhere_leaves_everything_unchanged() -> None:
    world = small_world()
    with pytest.raises(StaleQuantity) as stale:
        world.adjust([change(0, -2, STOCK), change(1, 3, 99)], reference=URN, request=6, now_ns=50)
    assert stale.value.index == 1
    assert (available(world, 0), available(world, 1)) == (STOCK, STOCK)
    with pytest.raises(StaleQuantity):
        world.set_available([level_set(0, 3, 4)], reference="", request=7, now_ns=50)
    assert available(world, 0) == STOCK


def test_commands_of_the_subject_have_separate_event_ids() -> None:
    world = small_world()
    first = world.adjust([change(0, -1)], reference=URN, request=1, now_ns=50)
    second = world.adjust([change(0, -1)], reference=URN, request=1, now_ns=50)
    assert first.events[0].event_id != second.events[0].event_id


def test_a_push_sets_the_listing_and_records_the_previous_quantity() -> None:
    world = small_world()
    changes = world.push_listings("bazaar", [(sku(0), 4), (sku(0), 5)], request=3, now_ns=50)
    assert changes.facts == [
        ListingPushed(50, "bazaar", sku(0), 4, STOCK, 3),
        ListingPushed(50, "bazaar", sku(0), 5, 4, 3),
    ]
    assert changes.events == []
    assert (world.listings("bazaar")[sku(0)], world.listings("mercado")[sku(0)]) == (5, STOCK)


def test_the_own_store_has_no_listing_and_no_feed() -> None:
    world = small_world()
    with pytest.raises(KeyError):
        world.listings("online")
    with pytest.raises(KeyError):
        world.channel_feed("online", 0, 1)


def test_a_subscription_is_listed_until_it_ends() -> None:
    world = small_world()
    subscription, changes = world.subscribe("shopify", "orders/create", "http://127.0.0.1/a", now_ns=50, filter="id:1")
    number = subscription.subscription_id
    created = SubscriptionCreated(50, number, "shopify", "orders/create", "http://127.0.0.1/a", filter="id:1")
    assert changes.facts == [created]
    assert (world.subscription(number), subscription.filter) == (subscription, "id:1")
    assert world.subscriptions("shopify", "orders/create") == world.subscriptions("shopify") == [subscription]
    ended = world.unsubscribe(number, by_policy=True, now_ns=60)
    assert ended.facts == [SubscriptionRemoved(60, number, "shopify", "orders/create", True)]
    assert world.subscriptions("shopify") == []
    assert world.unsubscribe(number, by_policy=True, now_ns=70).facts == []
