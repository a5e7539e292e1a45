"""Laws of a world whose items are stocked at several locations, whatever is done to it."""

from collections import defaultdict
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from stockstorm.simulator.catalogue import Catalogue, make_catalogue
from stockstorm.simulator.config import ChannelConfig, PhaseConfig, QuotasConfig, ShopConfig, WorldConfig
from stockstorm.simulator.history.facts import AnyFact, EventFired, FinalStock, ItemStocked, StockChanged
from stockstorm.simulator.model import Event, OrderKey, Sku
from stockstorm.simulator.plan.items import (
    AnyPlanItem,
    PlannedCancellation,
    PlannedPurchase,
    PlannedRestock,
    PlannedReturn,
    PlannedTransfer,
)
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.plan.quotas import Roles
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import LevelChange, LevelSet, World

bounded = settings(max_examples=100, derandomize=True)
CONFIG = WorldConfig(
    shop=ShopConfig(skus=3, locations=3, stocked_at=3, stock=12, buyers=2),
    channels=(ChannelConfig(name="online"), ChannelConfig(name="bazaar")),
    phases=(PhaseConfig(name="only", seconds=10, rate=1),),
)
Command = tuple[str, int, int, int]  # what, SKU, location, units

places = st.integers(0, 2)
commands = st.lists(
    st.tuples(
        st.sampled_from(("buy", "buy", "buy two", "cancel", "return", "restock", "transfer", "adjust", "set")),
        places,
        places,
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=40,
)


@cache
def catalogue() -> Catalogue:
    return make_catalogue(CONFIG, Seeds(5))


class Played:
    """Applies commands at times 0, 1, 2, …"""

    def __init__(self, wanted: list[Command]) -> None:
        self.world, self.bought = World(CONFIG, catalogue(), Seeds(5)), list[PlannedPurchase]()
        self.facts: list[AnyFact] = self.world.opening(0)
        self.events: list[Event] = []
        for now_ns, command in enumerate(wanted):
            self._apply(command, now_ns)

    def _apply(self, command: Command, now_ns: int) -> None:
        what, sku, place, units = command
        product = catalogue().products[sku]
        location, item = catalogue().locations[place], product.inventory_item_id
        if what == "adjust":
            rows = [LevelChange(item, location, units - 5, None)]
            changes = self.world.adjust(rows, reference="", request=now_ns, now_ns=now_ns)
        elif what == "set":
            sets = [LevelSet(item, location, units, None)]
            changes = self.world.set_available(sets, reference="", request=now_ns, now_ns=now_ns)
        else:
            changes = self.world.apply(self._planned(command, now_ns), now_ns)
        self.facts += changes.facts
        self.events += changes.events

    def _planned(self, command: Command, serial: int) -> AnyPlanItem:
        what, place, _, units = command
        sku = catalogue().products[place].sku
        if what in ("buy", "buy two"):
            other = catalogue().products[(place + 1) % 3].sku
            lines: tuple[tuple[Sku, int], ...] = ((sku, units), *[(other, 1)] * (what == "buy two"))
            self.bought.append(PlannedPurchase(0, serial, OrderKey(len(self.bought)), "online", 0, lines))
            return self.bought[-1]
        if what == "restock":
            return PlannedRestock(0, serial, sku, units)
        if what == "transfer":
            return PlannedTransfer(0, serial, sku, units)
        order = self.bought[units % len(self.bought)] if self.bought else None
        key = OrderKey(99) if order is None else order.order
        if what == "cancel":
            return PlannedCancellation(0, serial, key)
        return PlannedReturn(0, serial, key, () if order is None else order.lines[:1], restock=True)


@bounded
@given(commands)
def test_what_can_be_sold_is_the_sum_of_the_levels(wanted: list[Command]) -> None:
    run = Played(wanted)
    finals = {final.sku: final for final in run.world.final_facts(0) if isinstance(final, FinalStock)}
    for product in catalogue().products:
        levels = run.world.levels(product.inventory_item_id)
        assert [level.location_id for level in levels] == sorted(level.location_id for level in levels)
        total = sum(level.available for level in levels)
        final = finals[product.sku]
        assert total == run.world.available(product.inventory_item_id) == final.available == sum(final.levels)
        assert final.levels == tuple(level.available for level in levels)


@bounded
@given(commands)
def test_the_facts_add_up_for_the_sum_and_for_each_level(wanted: list[Command]) -> None:
    run = Played(wanted)
    levels: dict[str, dict[int, int]] = {}
    totals: dict[str, tuple[int, int]] = {}
    for fact in run.facts:
        if isinstance(fact, ItemStocked):
            levels[fact.sku] = dict(zip(fact.locations, fact.levels, strict=True))
            totals[fact.sku] = (0, fact.available)
            assert sum(fact.levels) == fact.available
        if isinstance(fact, StockChanged):
            version, available = totals[fact.sku]
            assert (fact.version, fact.available) == (version + 1, available + fact.delta)
            assert fact.level is not None
            if fact.cause != "transfer":
                assert fact.level == levels[fact.sku][fact.location_id] + fact.delta
            levels[fact.sku][fact.location_id] = fact.level
            totals[fact.sku] = (fact.version, fact.available)
    assert all(sum(levels[sku].values()) == available for sku, (_, available) in totals.items())


@bounded
@given(commands)
def test_each_change_of_a_level_is_told_by_one_event_about_that_level(wanted: list[Command]) -> None:
    run = Played(wanted)
    changed = {(Sku(fact.sku), fact.version): fact for fact in run.facts if isinstance(fact, StockChanged)}
    told = [fact for fact in run.facts if isinstance(fact, EventFired) and fact.topic == "inventory_levels/update"]
    assert sorted(changed) == sorted((fact.sku, fact.version) for fact in told)
    shown = {(catalogue().by_item[event.level.inventory_item_id].sku, event.level.version): event.level
             for event in run.events if event.level is not None}  # fmt: skip
    for key, fact in changed.items():
        assert (shown[key].location_id, shown[key].available) == (fact.location_id, fact.level)


@bounded
@given(st.lists(st.tuples(places, st.integers(1, 9)), min_size=1, max_size=12))
def test_cancelled_units_come_back_to_where_they_were_drawn_from(bought: list[tuple[int, int]]) -> None:
    run = Played([("buy two", place, 0, units) for place, units in bought])
    for purchase in reversed(run.bought):
        run.world.apply(PlannedCancellation(0, 1000 + purchase.serial, purchase.order), 50)
    for product in catalogue().products:
        levels = run.world.levels(product.inventory_item_id)
        assert [(level.available, level.committed) for level in levels] == [
            (each.available, 0) for each in product.stocked
        ]


@bounded
@given(st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_a_part_that_comes_back_and_the_rest_that_is_cancelled_net_to_nothing(
    units: int, first: int, restock: bool
) -> None:
    run = Played([("buy", 0, 0, units)])
    sku, back = catalogue().products[0].sku, min(first, units)
    run.world.apply(PlannedReturn(0, 100, OrderKey(0), ((sku, back),), restock=restock), 5)
    run.world.apply(PlannedCancellation(0, 101, OrderKey(0)), 6)
    committed: dict[int, int] = defaultdict(int)
    for level in run.world.levels(catalogue().products[0].inventory_item_id):
        committed[0] += level.committed
        assert level.committed >= 0
    assert committed[0] == 0  # what cannot be sold again has left the shelf


def test_orders_of_the_quota_are_taken_from_two_locations() -> None:
    quotas = QuotasConfig(two_locations=4)
    config = CONFIG.model_copy(update={"quotas": quotas, "phases": (PhaseConfig(name="only", seconds=10, rate=9),)})
    world = World(config, make_catalogue(config, Seeds(5)), Seeds(5))
    plan = make_plan("x", config, 5)
    facts = [fact for item in plan.items for fact in world.apply(item, item.offset_ns).facts]
    places: dict[tuple[int, str], set[int]] = defaultdict(set)
    for fact in facts:
        if isinstance(fact, StockChanged) and fact.cause == "sale":
            places[fact.order, fact.sku].add(fact.location_id)
    roles = Roles(config)
    taken = {order for (order, _), of_sku in places.items() if len(of_sku) == 2}
    assert {order for order in range(200) if roles.has(order, "two_locations")} <= taken
    assert len(roles) == 4
