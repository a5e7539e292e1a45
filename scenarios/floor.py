"""How many units any subject may oversell, because channels that sell on their own can sell the last unit twice.

One sell-out costs about λ·L·(k−1)/k units: λ is the SKU's arrival rate over k channels, and L the time from a sale to
the last other channel. It never costs more than the other channels still show. The bound on a run is the 99.9 % Poisson
quantile of the sum, so that a sound subject with that latency passes in nearly every run.
"""

import math
from typing import Final

from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.plan.schedule import arrival_count

QUANTILE: Final = 0.999


def oversell_bound_units(scenario: Scenario, latency_s: float, sold_out: int = 0) -> int:
    """The bound on `oversell.units` for a subject that takes `latency_s` from a sale to the last other channel.

    `sold_out`: sell-outs of a run, if they are known and may be more than the expected ones.
    """
    return poisson_quantile(
        max(oversell_floor_units(scenario, latency_s), sold_out * _wanted(scenario, latency_s)), QUANTILE
    )


def oversell_floor_units(scenario: Scenario, latency_s: float) -> float:
    """Expected oversold units: each hot SKU sells out once, and once more for every unit that comes back."""
    shop, orders, channels = scenario.shop, scenario.orders, len(scenario.channels)
    if not shop.hot_skus:
        return 0.0
    wanted = _wanted(scenario, latency_s)
    sold_out = shop.hot_skus * min(wanted, (channels - 1) * shop.hot_stock)
    back = shop.hot_skus * shop.hot_stock * (orders.cancel_share + orders.return_share * orders.restock_share)
    return sold_out + back * min(wanted, channels - 1)


def _wanted(scenario: Scenario, latency_s: float) -> float:
    """Units of one hot SKU that buyers on other channels want within a latency."""
    channels = len(scenario.channels)
    if not scenario.shop.hot_skus:
        return 0.0
    return hot_units_per_s(scenario) * latency_s * (channels - 1) / channels


def hot_units_per_s(scenario: Scenario) -> float:
    """Units of one hot SKU wanted a second, in the busiest phase."""
    units = (1 + scenario.orders.quantity_max) / 2
    rates = (arrival_count(phase) * phase.hot_share / phase.seconds for phase in scenario.phases)
    return max(rates) * units / scenario.shop.hot_skus


def poisson_quantile(mean: float, quantile: float) -> int:
    """The least n with P(N ≤ n) ≥ `quantile` for a Poisson distribution. In logarithms, to allow large means."""
    total, n = math.exp(-mean), 0
    while total < quantile:
        n += 1
        total += math.exp(n * math.log(mean) - mean - math.lgamma(n + 1))
    return n
