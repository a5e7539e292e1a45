"""Another writer of the same stock: corrections by rate, and by quota while the subject writes an order."""

import pytest

from stockstorm.simulator.config import (
    ChannelConfig,
    PhaseConfig,
    QuotasConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.history.facts import StockChanged
from stockstorm.simulator.plan.items import Plan, PlannedPurchase, PlannedRestock
from stockstorm.simulator.plan.planner import expected_events, make_plan
from stockstorm.simulator.plan.purchases import correction_delta
from stockstorm.simulator.plan.quotas import CORRECTED_AFTER_NS, Roles, sells_out
from tests.small_world import STOCK, available, sku, small_world

UNITS = 6


def config(rate: float = 0.0, quota: int = 0, stock: int = 1_000) -> WorldConfig:
    return WorldConfig(
        shop=ShopConfig(skus=20, stock=stock, buyers=5),
        channels=tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado")),
        phases=(PhaseConfig(name="even", kind="constant", seconds=20, rate=10),),
        events=ShopEventsConfig(corrections_per_s=rate, correction_units=UNITS),
        quotas=QuotasConfig(corrected=quota),
    )


def corrections(plan: Plan) -> list[PlannedRestock]:
    return [item for item in plan.items if isinstance(item, PlannedRestock)]


def test_corrections_go_up_and_down_by_some_units_and_are_none_by_default() -> None:
    assert corrections(make_plan("x", config(), 1)) == []
    deltas = [item.delta for item in corrections(make_plan("x", config(rate=30), 1))]
    assert set(deltas) == {*range(-UNITS, 0), *range(1, UNITS + 1)}
    assert 480 < len(deltas) < 720


def test_every_draw_gives_a_correction_of_one_unit_at_least() -> None:
    assert [correction_delta(draw / 4, 2) for draw in range(4)] == [-2, -1, 1, 2]
    assert {correction_delta(draw / 100, 1) for draw in range(100)} == {-1, 1}


@pytest.mark.parametrize("seed", [1, 7, 2**40])
def test_each_order_with_the_role_is_corrected_while_the_subject_writes_it(seed: int) -> None:
    plan, roles = make_plan("x", config(quota=20), seed), Roles(config(quota=20))
    bought = {i.order: i for i in plan.items if isinstance(i, PlannedPurchase) and roles.has(i.order, "corrected")}
    changes = {(item.sku, item.offset_ns) for item in corrections(plan)}
    assert len(bought) == len(changes) == 30  # of the marketplaces, and half as many of the own store
    for item in bought.values():
        assert any(
            sku == item.lines[0][0] and 0 < at_ns - item.offset_ns <= CORRECTED_AFTER_NS for sku, at_ns in changes
        )


def test_corrections_count_as_events_and_as_units_that_may_be_missing() -> None:
    assert expected_events(config(rate=5)) - expected_events(config()) == pytest.approx(100)
    two_lines = expected_events(config().model_copy(update={"quotas": QuotasConfig(two_lines=20)}))
    assert expected_events(config(quota=20)) - two_lines == pytest.approx(30)
    assert sells_out(config(quota=20, stock=400)) is None
    assert sells_out(config(rate=50, quota=20, stock=400)) is not None


def test_nobody_writes_off_what_is_not_on_the_shelf() -> None:
    world = small_world()
    for serial in (1, 2):
        facts = world.apply(PlannedRestock(0, serial, sku(0), -(STOCK - 1)), 10).facts
        assert [fact.delta for fact in facts if isinstance(fact, StockChanged)] == (
            [1 - STOCK] if serial == 1 else [-1]
        )
    assert (available(world, 0), world.physical(sku(0))) == (0, 0)
    assert world.apply(PlannedRestock(0, 3, sku(0), -1), 20).facts == []
