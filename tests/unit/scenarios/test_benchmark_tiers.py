"""The tiers' scenarios: revenue to orders, a day's shape to rates, a tier's limit to a bound, by arithmetic."""

from itertools import pairwise
from typing import Final, NamedTuple

import pytest

from stockstorm.scenarios import Scenario, load
from stockstorm.scenarios.floor import oversell_bound_units
from stockstorm.scenarios.loader import CATALOGUE
from stockstorm.scenarios.tiers import TIERS, Tier
from stockstorm.simulator.plan.items import Plan, PlannedPurchase
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.plan.quotas import Roles
from stockstorm.simulator.plan.schedule import arrival_count

ORDER_VALUE: Final = 70.0
DAYS_A_MONTH: Final = 30
DAY_S: Final = 86_400
LOAD_S: Final = 60
SALE_DAYS: Final = {"doors_open": 1, "sale": 2}  # how many days' orders the flash sale brings in a phase


class Hours(NamedTuple):
    hours: int
    factor: float  # on the mean rate, without the flash sale


SHAPE: Final = {
    "night": Hours(7, 0.2),
    "morning": Hours(5, 1.0),
    "afternoon": Hours(5, 1.2),
    "peak": Hours(2, 2.0),
    "doors_open": Hours(1, 1.75),
    "sale": Hours(3, 1.75),
    "evening": Hours(1, 0.6),
}
REVENUE: Final = {"tier_under_50k": 50_000, "tier_50k_to_500k": 500_000, "tier_over_500k": 1_000_000}
NAMES: Final = tuple(REVENUE)

each = pytest.mark.parametrize("name", NAMES)
seeded = pytest.mark.parametrize("seed", [1, 7, 42])


def tier_of(scenario: Scenario) -> Tier:
    return next(tier for tier in TIERS if tier.name == scenario.tier)


def orders_a_day(name: str) -> float:
    return REVENUE[name] / ORDER_VALUE / DAYS_A_MONTH


def four_digits(value: float) -> str:
    return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


def wanted_units(plan: Plan) -> dict[str, int]:
    units: dict[str, int] = {}
    for item in plan.items:
        if isinstance(item, PlannedPurchase):
            for sku, quantity in item.lines:
                units[sku] = units.get(sku, 0) + quantity
    return units


def test_each_tier_has_a_scenario_of_its_own() -> None:
    assert [load(name).tier for name in NAMES] == [tier.name for tier in TIERS]


@each
def test_revenue_and_order_value_are_stated_and_lie_in_the_tier(name: str) -> None:
    text = (CATALOGUE / f"{name}.toml").read_text(encoding="utf-8")
    tier = tier_of(load(name))
    assert f"£{REVENUE[name]:,} a month" in text
    assert f"£{ORDER_VALUE:g} on average. An assumption" in text
    assert f"£{REVENUE[name]:,} / £{ORDER_VALUE:g} = {four_digits(REVENUE[name] / ORDER_VALUE)}\n" in text
    assert f"/ {DAYS_A_MONTH} = {four_digits(orders_a_day(name))}\n" in text
    assert tier.revenue_from < REVENUE[name] <= (tier.revenue_upto or REVENUE[name])


@each
def test_an_order_of_the_catalogue_is_worth_the_order_value(name: str) -> None:
    scenario = load(name)
    lines, units = (1 + scenario.orders.lines_max) / 2, (1 + scenario.orders.quantity_max) / 2
    assert lines * units * scenario.shop.price == pytest.approx(ORDER_VALUE)


@each
def test_the_load_is_a_whole_day_at_the_stated_compression(name: str) -> None:
    scenario = load(name)
    assert scenario.load_s == LOAD_S
    assert scenario.time_compression == DAY_S / LOAD_S
    assert {phase.name: phase.seconds * scenario.time_compression / 3600 for phase in scenario.phases} == {
        phase: hours.hours for phase, hours in SHAPE.items()
    }
    assert f"{scenario.time_compression:,.0f} times" in scenario.shows
    assert "overstated" in scenario.shows


def test_the_days_shape_keeps_the_orders_of_an_ordinary_day() -> None:
    assert sum(hours.hours for hours in SHAPE.values()) == 24
    assert sum(hours.hours * hours.factor for hours in SHAPE.values()) == pytest.approx(24)


@each
def test_the_rates_are_the_shape_times_the_mean_and_the_flash_sale_on_top(name: str) -> None:
    mean_per_s = orders_a_day(name) / LOAD_S
    for phase in load(name).phases:
        hours = SHAPE[phase.name]
        factor = hours.factor + SALE_DAYS.get(phase.name, 0) * 24 / hours.hours
        assert phase.rate == pytest.approx(factor * mean_per_s, rel=1e-3)


@each
def test_the_day_of_the_sale_brings_four_ordinary_days_orders(name: str) -> None:
    orders = sum(arrival_count(phase) for phase in load(name).phases)
    assert orders == pytest.approx((1 + sum(SALE_DAYS.values())) * orders_a_day(name), rel=1e-3)


@each
def test_the_thresholds_are_the_tiers_limit_and_the_floor_at_it(name: str) -> None:
    scenario = load(name)
    limit_ms = tier_of(scenario).limit_ms
    assert scenario.expect["sync_latency_ms.p95"] == f"< {limit_ms:.0f}"
    assert scenario.expect["oversell.units"] == f"<= {oversell_bound_units(scenario, limit_ms / 1000)}"
    for measure in ("lost.events", "applied_twice.orders", "forged.accepted", "drift.listings", "drift.orders"):
        assert scenario.expect[measure] == "== 0"


@each
@seeded
def test_the_hot_goods_sell_out_and_only_they(name: str, seed: int) -> None:
    scenario = load(name)
    wanted = wanted_units(make_plan(name, scenario, seed))
    hot = [units for sku, units in wanted.items() if sku.startswith("HOT")]
    ordinary = [units for sku, units in wanted.items() if not sku.startswith("HOT")]
    # In the smallest shop a third of the orders have a role, and none of those wants a hot SKU.
    share = 0.8 - len(Roles(scenario)) / sum(map(arrival_count, scenario.phases)) / 2
    assert sum(units > scenario.shop.hot_stock for units in hot) >= share * scenario.shop.hot_skus
    assert max(ordinary) < scenario.shop.stock / 2  # initial stock is drawn within ±50 %


def test_larger_shops_have_more_goods_channels_and_locations() -> None:
    shops = [load(name) for name in NAMES]
    for small, large in pairwise(shops):
        assert small.shop.skus < large.shop.skus
        assert small.shop.locations < large.shop.locations
        assert len(small.channels) < len(large.channels)
    assert [shop.shop.plan for shop in shops] == ["standard", "advanced", "plus"]
