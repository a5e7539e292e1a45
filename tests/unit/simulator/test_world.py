import pytest

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.history.facts import (
    ChannelOpened,
    EventFired,
    FinalListing,
    FinalStock,
    FollowUpVoid,
    ItemStocked,
    OrderCancelled,
    OrderPaid,
    OrderReturned,
    PhaseStarted,
    PurchaseAccepted,
    PurchaseRefused,
    StockChanged,
)
from stockstorm.simulator.model import Written
from stockstorm.simulator.plan.items import (
    AnyPlanItem,
    PlannedFault,
    PlannedForgery,
    PlannedPhase,
    PlannedProductEdit,
)
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.firing import Changes
from stockstorm.simulator.world import World
from tests.small_world import (
    SEED,
    STOCK,
    available,
    buy,
    cancel,
    give_back,
    own_orders,
    pay,
    product,
    restock,
    sku,
    small_catalogue,
    small_config,
    small_world,
)


def topics(changes: Changes) -> list[tuple[str, str]]:
    return [(event.source, event.topic) for event in changes.events]


def fired(changes: Changes) -> list[int]:
    return [fact.event for fact in changes.facts if isinstance(fact, EventFired)]


SHOP_STOCK = ("shopify", "inventory_levels/update")


def test_the_opening_facts_have_all_stock_and_all_channels() -> None:
    facts = small_world().opening(5)
    assert [fact.sku for fact in facts if isinstance(fact, ItemStocked)] == [sku(n) for n in range(4)]
    assert [(fact.channel, fact.online) for fact in facts if isinstance(fact, ChannelOpened)] == [
        ("online", True),
        ("bazaar", False),
        ("mercado", False),
    ]


def test_marketplaces_list_the_stock_less_the_safety_stock_but_not_below_zero() -> None:
    assert set(small_world(3).listings("bazaar").values()) == {STOCK - 3}
    assert set(small_world(STOCK + 1).listings("mercado").values()) == {0}


def test_a_sale_of_the_own_store_commits_units_and_fires_the_order_then_each_level() -> None:
    world = small_world()
    changes = world.apply(buy(0, "online", (0, 2), (3, 1)), 50)
    assert topics(changes) == [("shopify", "orders/create"), SHOP_STOCK, SHOP_STOCK]
    assert [event.level.available for event in changes.events if event.level] == [8, 9]
    accepted = changes.facts[0]
    assert accepted == PurchaseAccepted(
        50, 0, "online", own_orders(world)[0].ref, (sku(0), sku(3)), (2, 1), (STOCK, STOCK), (STOCK, STOCK)
    )
    level = world.level(product(0).inventory_item_id, product(0).location_id)
    assert level is not None
    assert (level.version, level.available, level.committed, level.on_hand, level.updated_ns) == (1, 8, 2, 10, 50)
    assert world.physical(sku(0)) == 8
    assert world.listings("bazaar")[sku(0)] == STOCK


def test_a_sale_of_a_marketplace_lowers_its_listing_and_physical_stock_but_not_the_master() -> None:
    world = small_world()
    changes = world.apply(buy(0, "bazaar", (0, 2)), 50)
    assert topics(changes) == [("bazaar", "order.created")]
    assert (available(world, 0), world.physical(sku(0))) == (STOCK, STOCK - 2)
    assert (world.listings("bazaar")[sku(0)], world.listings("mercado")[sku(0)]) == (STOCK - 2, STOCK)
    assert world.channel_feed("bazaar", 0, 9) == changes.events
    assert world.channel_feed("mercado", 0, 9) == []
    assert own_orders(world) == []


def test_a_line_with_too_little_stock_refuses_the_whole_purchase_on_every_channel() -> None:
    for channel in ("online", "bazaar"):
        world = small_world()
        changes = world.apply(buy(0, channel, (0, 1), (1, STOCK + 1)), 50)
        assert changes.facts == [
            PurchaseRefused(50, 0, channel, (sku(0), sku(1)), (1, STOCK + 1), (STOCK, STOCK), (STOCK, STOCK))
        ]
        assert changes.events == []
        assert (world.physical(sku(0)), available(world, 0)) == (STOCK, STOCK)


def test_a_stale_listing_oversells_and_the_fact_shows_the_amount() -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, STOCK)), 50)
    changes = world.apply(buy(1, "bazaar", (0, 3)), 60)
    accepted = changes.facts[0]
    assert isinstance(accepted, PurchaseAccepted)
    assert (accepted.physical_before, accepted.shown_before) == ((0,), (STOCK,))
    assert world.physical(sku(0)) == -3


def test_a_payment_fires_two_events_on_the_own_store_and_none_on_a_marketplace() -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, 1)), 50)
    world.apply(buy(1, "bazaar", (0, 1)), 50)
    changes = world.apply(pay(0), 60)
    assert topics(changes) == [("shopify", "orders/paid"), ("shopify", "orders/updated")]
    assert changes.facts[0] == OrderPaid(60, 0, "online")
    assert own_orders(world)[0].paid_ns == 60
    assert topics(world.apply(pay(1), 60)) == []


def test_a_cancellation_on_the_own_store_frees_units_everywhere() -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, 2)), 50)
    changes = world.apply(cancel(0), 60)
    assert topics(changes) == [("shopify", "orders/cancelled"), ("shopify", "orders/updated"), SHOP_STOCK]
    assert isinstance(changes.facts[0], OrderCancelled)
    assert [(fact.cause, fact.delta, fact.order) for fact in changes.facts if isinstance(fact, StockChanged)] == [
        ("cancellation", 2, 0)
    ]
    assert (available(world, 0), world.physical(sku(0))) == (STOCK, STOCK)


def test_a_cancellation_of_a_paid_order_refunds_it_and_tells_each_unit_once() -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, 2)), 50)
    world.apply(pay(0), 55)
    changes = world.apply(cancel(0), 60)
    assert topics(changes) == [
        ("shopify", "refunds/create"), ("shopify", "orders/cancelled"), ("shopify", "orders/updated"), SHOP_STOCK
    ]  # fmt: skip
    refund = changes.events[0].refund
    assert refund is not None
    assert [(line.quantity, refund.restock, refund.cancelled) for line in refund.lines] == [(2, True, True)]
    (gone,) = [fact for fact in changes.facts if isinstance(fact, OrderCancelled | OrderReturned)]
    assert isinstance(gone, OrderCancelled)
    assert gone.quantities == (2,)
    assert [fact.delta for fact in changes.facts if isinstance(fact, StockChanged)] == [2]
    assert (available(world, 0), world.physical(sku(0))) == (STOCK, STOCK)


def test_a_cancellation_on_a_marketplace_frees_physical_stock_but_relists_nothing() -> None:
    world = small_world()
    world.apply(buy(0, "bazaar", (0, 2)), 50)
    changes = world.apply(cancel(0), 60)
    assert topics(changes) == [("bazaar", "order.cancelled")]
    assert world.physical(sku(0)) == STOCK
    assert (world.listings("bazaar")[sku(0)], available(world, 0)) == (STOCK - 2, STOCK)


def test_a_restocked_return_on_the_own_store_raises_what_is_available() -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, 2), (1, 1)), 50)
    changes = world.apply(give_back(0, (0, 1)), 60)
    assert topics(changes) == [("shopify", "refunds/create"), ("shopify", "orders/updated"), SHOP_STOCK]
    refund = changes.events[0].refund
    assert refund is not None
    assert changes.facts[0] == OrderReturned(
        60, 0, "online", own_orders(world)[0].ref, refund.refund_id, (sku(0),), (1,), True
    )
    assert (available(world, 0), world.physical(sku(0)), world.physical(sku(1))) == (STOCK - 1, STOCK - 1, STOCK - 1)


def test_a_return_of_broken_goods_changes_no_stock() -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, 2)), 50)
    changes = world.apply(give_back(0, (0, 2), restock=False), 60)
    assert topics(changes) == [("shopify", "refunds/create"), ("shopify", "orders/updated")]
    assert (available(world, 0), world.physical(sku(0))) == (STOCK - 2, STOCK - 2)


def test_a_return_on_a_marketplace_fires_its_event_and_frees_physical_stock_if_restocked() -> None:
    world = small_world()
    world.apply(buy(0, "mercado", (0, 2)), 50)
    changes = world.apply(give_back(0, (0, 2)), 60)
    assert topics(changes) == [("mercado", "order.returned")]
    assert changes.events[0].refund is not None
    assert (world.physical(sku(0)), available(world, 0), world.listings("mercado")[sku(0)]) == (STOCK, STOCK, STOCK - 2)


def test_two_returns_of_an_order_are_two_events_and_have_two_numbers() -> None:
    for channel in ("online", "bazaar"):
        world = small_world()
        world.apply(buy(0, channel, (0, 2)), 50)
        changes = [world.apply(give_back(0, (0, 1)), at_ns) for at_ns in (60, 70)]
        back = [fact for each in changes for fact in each.facts if isinstance(fact, OrderReturned)]
        assert len({fact.return_id for fact in back}) == 2
        keys = {event.rng_key for each in changes for event in each.events if event.refund is not None}
        assert len(keys) == 2
        assert world.physical(sku(0)) == STOCK


def test_a_cancellation_after_a_return_gives_back_only_what_was_not_returned() -> None:
    for channel in ("online", "bazaar"):
        world = small_world()
        world.apply(buy(0, channel, (0, 2), (1, 1)), 50)
        world.apply(give_back(0, (0, 2)), 60)
        (gone,) = [fact for fact in world.apply(cancel(0), 70).facts if isinstance(fact, OrderCancelled)]
        assert (gone.skus, gone.quantities) == ((sku(1),), (1,))
        assert (world.physical(sku(0)), world.physical(sku(1))) == (STOCK, STOCK)
        assert (available(world, 0), available(world, 1)) == (STOCK, STOCK)
        assert void(world, 0) == ["payment", "cancellation", "return"]


def test_two_lines_with_one_sku_are_one_movement_and_need_the_stock_of_both() -> None:
    world = small_world()
    changes = world.apply(buy(0, "online", (0, 4), (0, 5)), 50)
    assert topics(changes) == [("shopify", "orders/create"), SHOP_STOCK]
    accepted = changes.facts[0]
    assert isinstance(accepted, PurchaseAccepted)
    assert (accepted.physical_before, accepted.shown_before) == ((STOCK, STOCK - 4), (STOCK, STOCK - 4))
    assert (available(world, 0), world.physical(sku(0))) == (STOCK - 9, STOCK - 9)
    (refused,) = world.apply(buy(1, "bazaar", (0, STOCK - 1), (0, 2)), 60).facts
    assert isinstance(refused, PurchaseRefused)
    assert refused.shown_before == (STOCK, 1)


def void(world: World, key: int) -> list[str]:
    facts = [fact for item in (pay(key), cancel(key), give_back(key, (0, 1))) for fact in world.apply(item, 70).facts]
    assert all(isinstance(fact, FollowUpVoid) and fact.order == key for fact in facts)
    return [fact.follow_up for fact in facts if isinstance(fact, FollowUpVoid)]


def test_follow_ups_of_a_refused_purchase_are_void() -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, STOCK + 1)), 50)
    assert void(world, 0) == ["payment", "cancellation", "return"]
    assert world.physical(sku(0)) == STOCK


def test_follow_ups_of_a_cancelled_order_are_void() -> None:
    world = small_world()
    world.apply(buy(0, "bazaar", (0, 1)), 50)
    world.apply(cancel(0), 60)
    assert void(world, 0) == ["payment", "cancellation", "return"]
    assert world.physical(sku(0)) == STOCK


def test_a_restock_raises_master_and_physical_stock_and_a_write_off_lowers_both() -> None:
    world = small_world()
    changes = world.apply(restock(0, 1, 5), 50)
    assert topics(changes) == [SHOP_STOCK]
    assert changes.facts[0] == StockChanged(
        50, sku(1), product(1).inventory_item_id, product(1).location_id, 1, 5, STOCK + 5, "restock"
    )
    world.apply(restock(1, 1, -7), 60)
    assert (available(world, 1), world.physical(sku(1))) == (STOCK - 2, STOCK - 2)


def test_a_product_edit_fires_the_product_and_changes_nothing() -> None:
    world = small_world()
    changes = world.apply(PlannedProductEdit(0, 3, sku(2)), 50)
    assert topics(changes) == [("shopify", "products/update")]
    assert changes.events[0].product == product(2)
    assert available(world, 2) == STOCK


def test_a_phase_is_a_fact_and_faults_and_forgeries_are_left_to_the_driver() -> None:
    world = small_world()
    assert world.apply(PlannedPhase(0, 1, "rush"), 50) == Changes([PhaseStarted(50, "rush")], [])
    assert world.apply(PlannedFault(0, 2, "kill_worker", 5), 50) == Changes()
    assert world.apply(PlannedForgery(0, 3, "unsigned", sku(0)), 50) == Changes()


def test_rng_keys_of_orders_count_each_topic_from_1() -> None:
    world = small_world()
    items: list[AnyPlanItem] = [buy(0, "online", (0, 1)), pay(0), give_back(0, (0, 1))]
    events = [event for item in items for event in world.apply(item, 50).events if event.order]
    assert [event.rng_key for event in events] == [
        ("order", 0, "orders/create", 1),
        ("order", 0, "orders/paid", 1),
        ("order", 0, "orders/updated", 1),
        ("order", 0, "refunds/create", 1),
        ("order", 0, "orders/updated", 2),
    ]


def test_an_event_has_its_order_at_that_time() -> None:
    world = small_world()
    created = world.apply(buy(0, "online", (0, 1)), 50).events[0].order
    world.apply(pay(0), 60)
    assert created is not None
    assert created.paid_ns is None
    assert world.order_by_id(created.order_id) == own_orders(world)[0] != created


def test_the_final_facts_have_master_physical_stock_and_listings() -> None:
    world = small_world()
    world.apply(buy(0, "bazaar", (0, 4)), 50)
    world.apply(buy(1, "online", (0, 1)), 50)
    facts = world.final_facts(90)
    assert FinalStock(90, sku(0), STOCK - 1, STOCK - 5, 1) in facts
    assert FinalListing(90, "bazaar", sku(0), STOCK - 4) in facts
    assert FinalListing(90, "mercado", sku(0), STOCK) in facts
    assert len(facts) == 4 + 2 * 4


def test_a_product_is_told_with_what_can_be_sold_of_it_at_that_moment() -> None:
    world = small_world()
    world.apply(buy(0, "online", (0, 3)), 50)
    changes = world.apply(PlannedProductEdit(0, 9, sku(0)), 60)
    world.apply(buy(1, "online", (0, 1)), 70)
    (event,) = changes.events
    assert event.variants == ((product(0), STOCK - 3),)


def told_world(*, told: bool) -> World:
    config = small_config()
    events = config.events.model_copy(update={"products_told_when_ordered": told})
    return World(config.model_copy(update={"events": events}), small_catalogue(), Seeds(SEED))


@pytest.mark.parametrize("told", [True, False])
def test_a_product_is_told_of_when_it_is_ordered_where_the_scenario_says_so(told: bool) -> None:
    changes = told_world(told=told).apply(buy(0, "online", (0, 3), (1, 1)), 50)
    events = [event for event in changes.events if event.topic == "products/update"]
    assert [event.variants for event in events] == [((product(0), STOCK - 3),), ((product(1), STOCK - 1),)] * told
    assert len({event.event_id for event in changes.events}) == 1, "all of one action"
    assert [event.topic for event in changes.events][:3] == ["orders/create", *["inventory_levels/update"] * 2]


def test_a_sale_elsewhere_orders_nothing_of_the_shop() -> None:
    changes = told_world(told=True).apply(buy(0, "bazaar", (0, 3)), 50)
    assert [event.topic for event in changes.events] == ["order.created"]


def test_an_order_that_the_subject_creates_tells_of_its_products_too() -> None:
    world = told_world(told=True)
    order = world.order_writes.create(
        [(product(0), 2, 100)], Written("", claimed=True), "bypass", paid=False, request=1, now_ns=50
    )
    assert [event.topic for event in order[1].events] == ["orders/create", "products/update"]


def test_a_product_of_several_locations_is_told_with_their_sum() -> None:
    config = small_config()
    config = config.model_copy(update={"shop": config.shop.model_copy(update={"stocked_at": 2})})
    world = World(config, make_catalogue(config, Seeds(SEED)), Seeds(SEED))
    (edited, *_) = world.catalogue.products
    world.apply(buy(0, "online", (0, 1)), 50)
    levels = [level.available for level in world.levels(edited.inventory_item_id)]
    (event,) = world.apply(PlannedProductEdit(0, 9, edited.sku), 60).events
    assert len(levels) == 2
    assert min(levels) > 0
    assert event.variants == ((edited, sum(levels)),)
