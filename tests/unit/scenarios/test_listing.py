"""The scenarios that ship: each loads, and shows what it says it shows."""

import pytest

from stockstorm.scenarios import Scenario, list_scenarios, load
from stockstorm.scenarios.tiers import TIERS, TierName
from stockstorm.simulator.plan.items import PlannedCancellation, PlannedForgery, PlannedPurchase, PlannedReturn
from stockstorm.simulator.plan.planner import expected_events, make_plan

PLAYED = ("smoke", "flash_sale", "steady")


def test_the_shipped_scenarios_are_listed_shortest_first() -> None:
    listed = list_scenarios()
    assert {scenario.name for scenario in listed} >= set(PLAYED)
    assert listed[0].name == "smoke"
    assert [scenario.load_s for scenario in listed] == sorted(scenario.load_s for scenario in listed)


@pytest.mark.parametrize("scenario", list_scenarios(), ids=lambda scenario: str(scenario.name))
def test_a_shipped_scenario_says_what_it_shows_and_what_it_expects(scenario: Scenario) -> None:
    assert len(scenario.shows) > 40
    assert scenario.expect


@pytest.mark.parametrize("name", PLAYED)
@pytest.mark.parametrize("seed", [1, 7, 42])
def test_every_topic_occurs_in_each_scenario(name: str, seed: int) -> None:
    scenario = load(name)
    plan = make_plan(name, scenario, seed)
    channel_of = {item.order: item.channel for item in plan.items if isinstance(item, PlannedPurchase)}
    own = dict.fromkeys((PlannedCancellation, PlannedReturn), False)
    market = dict(own)
    for item in plan.items:
        if isinstance(item, PlannedCancellation | PlannedReturn):
            (own if channel_of[item.order] == "online" else market)[type(item)] = True
    kinds = {type(item).__name__ for item in plan.items}
    assert all(own.values())
    assert all(market.values())
    assert {"PlannedPayment", "PlannedRestock", "PlannedProductEdit", "PlannedForgery"} <= kinds


def test_the_flash_sale_is_quick_enough_for_a_demo_under_a_minute() -> None:
    scenario = load("flash_sale")
    assert scenario.load_s <= 30
    assert scenario.load_s + scenario.quiesce.max_s < 45
    assert 150 <= expected_events(scenario) / scenario.load_s <= 400
    assert (scenario.tier, scenario.shop.plan, len(scenario.channels)) == ("under_2s", "plus", 4)


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_every_hot_sku_of_the_flash_sale_is_wanted_beyond_its_stock(seed: int) -> None:
    scenario = load("flash_sale")
    plan = make_plan("flash_sale", scenario, seed)
    wanted: dict[str, int] = {}
    for item in plan.items:
        if isinstance(item, PlannedPurchase):
            for sku, quantity in item.lines:
                wanted[sku] = wanted.get(sku, 0) + quantity
    hot = [units for sku, units in wanted.items() if sku.startswith("HOT")]
    assert len(hot) == 12
    assert min(hot) > scenario.shop.hot_stock


def test_forgeries_of_the_flash_sale_come_a_few_times_a_second() -> None:
    plan = make_plan("flash_sale", load("flash_sale"), 7)
    forged = sum(isinstance(item, PlannedForgery) for item in plan.items)
    assert 1 <= forged / load("flash_sale").load_s <= 6


def test_steady_trade_cannot_sell_out_at_a_thousand_events_a_second_for_a_minute() -> None:
    scenario = load("steady")
    purchases = 1000 * 60 / 2  # an event a purchase at least, and most are followed by more
    most_popular = 1 / sum(rank**-scenario.shop.zipf for rank in range(1, scenario.shop.skus + 1))
    most_units = purchases * scenario.orders.lines_max * scenario.orders.quantity_max * most_popular
    assert most_units < scenario.shop.stock * 0.5


def test_the_tiers_are_those_that_a_scenario_may_name() -> None:
    assert [tier.name for tier in TIERS] == list(TierName.__args__)  # type: ignore[attr-defined] # a Literal has them
    assert [tier.limit_ms for tier in TIERS] == [30_000, 10_000, 2_000]
