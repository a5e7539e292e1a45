"""The bound on oversold units: its arithmetic by hand, and modelled subjects at the limit of latency."""

import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from stockstorm.scenarios import Scenario, load
from stockstorm.scenarios.floor import hot_units_per_s, oversell_bound_units, oversell_floor_units, poisson_quantile
from stockstorm.scenarios.tiers import TIERS
from stockstorm.simulator.catalogue import sku_names
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.model import OrderKey, Sku
from stockstorm.simulator.plan.items import Plan, PlannedCancellation, PlannedPurchase, PlannedReturn
from stockstorm.simulator.plan.planner import make_plan

LIMIT_S = 2.0


def test_the_bound_in_the_file_is_the_arithmetic_in_its_comment() -> None:
    rush = (60 + 5 * 40 / 10) * 0.25 / 12
    per_sell_out = rush * 2.0 * 3 / 4
    mean = (12 + 12 * 10 * (0.04 + 0.04 * 0.7)) * per_sell_out
    scenario = load("flash_sale")
    assert per_sell_out == pytest.approx(2.5)
    assert hot_units_per_s(scenario) == pytest.approx(rush)
    assert oversell_floor_units(scenario, LIMIT_S) == pytest.approx(mean)
    assert scenario.expect["oversell.units"] == f"<= {oversell_bound_units(scenario, LIMIT_S)}"


def test_the_latency_in_the_arithmetic_is_the_limit_of_the_scenarios_tier() -> None:
    assert [tier.limit_ms for tier in TIERS if tier.name == load("flash_sale").tier] == [LIMIT_S * 1000]


@pytest.mark.parametrize(("mean", "expected"), [(0.0, 0), (0.01, 1), (1.0, 5), (50.4, 74)])
def test_the_quantile_is_the_least_number_that_is_probable_enough(mean: float, expected: int) -> None:
    def probability(most: int) -> float:
        return sum(math.exp(-mean) * mean**n / math.factorial(n) for n in range(most + 1))

    assert poisson_quantile(mean, 0.999) == expected
    assert probability(expected) >= 0.999
    assert expected == 0 or probability(expected - 1) < 0.999


def test_a_large_mean_has_a_quantile_too() -> None:
    assert poisson_quantile(5000.0, 0.999) == pytest.approx(5000 + 3.09 * math.sqrt(5000), abs=3)


def test_a_shop_without_hot_skus_has_no_floor() -> None:
    assert oversell_bound_units(load("steady"), LIMIT_S) == 0


def test_a_subject_as_slow_as_the_tier_allows_keeps_the_bound_and_one_that_never_syncs_breaks_it() -> None:
    scenario = load("flash_sale")
    bound = oversell_bound_units(scenario, LIMIT_S)
    for seed in range(12):
        plan = make_plan(scenario.name, scenario, seed)
        assert _oversold_units(scenario, plan, LIMIT_S) <= bound
        assert _oversold_units(scenario, plan, 1000.0) > bound


def _oversold_units(scenario: Scenario, plan: Plan, latency_s: float) -> int:
    """Hot units sold beyond stock when every channel hears of every change exactly `latency_s` after it."""
    stock, hot = scenario.shop.hot_stock, set(sku_names(scenario.shop)[: scenario.shop.hot_skus])
    channels = [channel.name for channel in scenario.channels]
    shown = {(channel, sku): stock for channel in channels for sku in hot}
    physical = dict.fromkeys(hot, stock)
    news: deque[tuple[int, str, Sku, int]] = deque()  # (due, channel, sku, change)
    refused, oversold = set(), 0
    for move in _moves(plan, hot):
        while news and news[0][0] <= move.offset_ns:
            _, channel, sku, change = news.popleft()
            shown[channel, sku] += change
        if move.change < 0 and shown[move.channel, move.sku] < 1:
            refused.add(move.order)
        if move.order in refused:
            continue
        oversold += move.change < 0 and physical[move.sku] < 1
        physical[move.sku] += move.change
        shown[move.channel, move.sku] += move.change
        heard_ns = move.offset_ns + int(latency_s * SECOND_NS)
        news.extend((heard_ns, channel, move.sku, move.change) for channel in channels if channel != move.channel)
    return oversold


class Move(NamedTuple):
    """One unit of a hot SKU sold (−1) or come back (+1)."""

    offset_ns: int
    order: OrderKey
    channel: str
    sku: Sku
    change: int


def _moves(plan: Plan, hot: set[Sku]) -> Iterator[Move]:
    """In the sequence of the plan. A purchase has one unit of one hot SKU at most."""
    bought: dict[OrderKey, PlannedPurchase] = {}
    for item in plan.items:
        match item:
            case PlannedPurchase():
                bought[item.order] = item
                lines, change = item.lines, -1
            case PlannedCancellation():
                lines, change = bought[item.order].lines, 1
            case PlannedReturn(restock=True):
                lines, change = item.lines, 1
            case _:
                continue
        channel = bought[item.order].channel
        yield from (Move(item.offset_ns, item.order, channel, sku, change) for sku, _ in lines if sku in hot)
