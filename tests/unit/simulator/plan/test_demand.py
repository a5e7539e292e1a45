from collections import Counter

import pytest

from stockstorm.simulator.config import ChannelConfig, OrdersConfig, PhaseConfig, ShopConfig, WorldConfig
from stockstorm.simulator.plan.demand import Demand
from stockstorm.simulator.seeds import Seeds

DRAWS = 4_000


def demand_of(shop: ShopConfig, orders: OrdersConfig | None = None) -> Demand:
    config = WorldConfig(
        shop=shop,
        channels=(ChannelConfig(name="online", share=3), ChannelConfig(name="bazaar", share=1)),
        phases=(PhaseConfig(name="a", seconds=1),),
        orders=orders or OrdersConfig(lines_max=1, quantity_max=1),
    )
    return Demand(config, Seeds(1))


def test_channels_share_the_purchases_by_their_weights() -> None:
    demand = demand_of(ShopConfig(skus=10))
    online = sum(demand.purchase(key, 0.0)[0] == "online" for key in range(DRAWS))
    assert online / DRAWS == pytest.approx(0.75, abs=0.03)


def test_hot_skus_are_wanted_by_the_share_of_the_phase_and_ordinary_ones_by_zipfs_law() -> None:
    demand = demand_of(ShopConfig(skus=12, hot_skus=2, zipf=1.0))
    wanted = Counter(demand.purchase(key, 0.4)[2][0][0] for key in range(DRAWS))
    hot = [wanted[sku] for sku in demand.hot]
    ordinary = [wanted[sku] for sku in demand.ordinary]
    assert sum(hot) / DRAWS == pytest.approx(0.4, abs=0.03)
    assert hot[0] / sum(hot) == pytest.approx(0.5, abs=0.05)
    assert ordinary[0] / ordinary[1] == pytest.approx(2, rel=0.2)
    assert ordinary[0] / ordinary[9] == pytest.approx(10, rel=0.4)


def test_nobody_wants_a_hot_sku_in_a_phase_without_a_share_for_it() -> None:
    demand = demand_of(ShopConfig(skus=12, hot_skus=2))
    assert {demand.purchase(key, 0.0)[2][0][0] for key in range(500)} <= set(demand.ordinary)


def test_a_shop_of_hot_skus_alone_sells_those() -> None:
    demand = demand_of(ShopConfig(skus=2, hot_skus=2), OrdersConfig(lines_max=5))
    bought = [demand.purchase(key, 0.0)[2] for key in range(200)]
    assert {sku for lines in bought for sku, _ in lines} == set(demand.hot)
    assert max(len(lines) for lines in bought) == 2


@pytest.mark.parametrize("zipf", [0.0, 3.0])
def test_skus_of_a_purchase_are_distinct_and_in_bounds_even_when_the_shop_is_small(zipf: float) -> None:
    demand = demand_of(ShopConfig(skus=4, hot_skus=1, zipf=zipf), OrdersConfig(lines_max=20, quantity_max=3))
    for key in range(300):
        _, buyer, lines = demand.purchase(key, 0.5)
        assert len({sku for sku, _ in lines}) == len(lines) <= 4
        assert all(1 <= quantity <= 3 for _, quantity in lines)
        assert 0 <= buyer < 500


def test_lines_and_quantities_are_uniform_up_to_their_bounds() -> None:
    demand = demand_of(ShopConfig(skus=100, zipf=0.5), OrdersConfig(lines_max=4, quantity_max=5))
    bought = [demand.purchase(key, 0.0)[2] for key in range(DRAWS)]
    lengths = Counter(len(lines) for lines in bought)
    quantities = Counter(quantity for lines in bought for _, quantity in lines)
    assert all(lengths[n] / DRAWS == pytest.approx(0.25, abs=0.03) for n in range(1, 5))
    assert all(quantities[n] / quantities.total() == pytest.approx(0.2, abs=0.02) for n in range(1, 6))


def test_a_purchase_does_not_depend_on_those_drawn_before() -> None:
    demand = demand_of(ShopConfig(skus=10))
    alone = demand.purchase(77, 0.1)
    for key in range(20):
        demand.purchase(key, 0.9)
    assert demand.purchase(77, 0.1) == alone


def test_hot_skus_are_restocked_every_second_time_if_at_all() -> None:
    demand = demand_of(ShopConfig(skus=10, hot_skus=2))
    draws = [(n + 0.5) / 1_000 for n in range(1_000)]
    assert sum(demand.restocked(draw, True) in demand.hot for draw in draws) == 500
    assert all(demand.restocked(draw, False) in demand.ordinary for draw in draws)
    assert demand_of(ShopConfig(skus=2, hot_skus=2)).restocked(0.5, False) is None


def test_any_sku_reaches_every_sku() -> None:
    demand = demand_of(ShopConfig(skus=10, hot_skus=2))
    assert {demand.any_sku((n + 0.5) / 10) for n in range(10)} == {*demand.hot, *demand.ordinary}
