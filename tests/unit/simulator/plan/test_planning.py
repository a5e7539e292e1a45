import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import (
    ChannelConfig,
    FaultConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.delivery.forgery import KINDS
from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.plan.forgeries import SELDOM
from stockstorm.simulator.plan.items import (
    AnyPlanItem,
    Plan,
    PlannedCancellation,
    PlannedFault,
    PlannedForgery,
    PlannedPayment,
    PlannedPhase,
    PlannedProductEdit,
    PlannedPurchase,
    PlannedRestock,
    PlannedReturn,
)
from stockstorm.simulator.plan.planner import make_plan

CONFIG = WorldConfig(
    shop=ShopConfig(skus=20, hot_skus=2),
    channels=(ChannelConfig(name="online"), ChannelConfig(name="bazaar")),
    phases=(
        PhaseConfig(name="calm", seconds=20, rate=30),
        PhaseConfig(name="rush", seconds=10, rate=90, hot_share=0.5),
    ),
    orders=OrdersConfig(cancel_share=0.2, return_share=0.2, restock_share=0.5),
    events=ShopEventsConfig(restocks_per_s=3, product_edits_per_s=2, forgeries_per_s=4),
    faults=(FaultConfig(kind="kill_worker", at_s=12.5, restart_after_s=2),),
)


def plan(seed: int = 5) -> Plan:
    return make_plan("flash", CONFIG, seed)


def of(kind: type[AnyPlanItem], seed: int = 5) -> list[AnyPlanItem]:
    return [item for item in plan(seed).items if isinstance(item, kind)]


def test_phases_and_faults_stand_where_the_scenario_puts_them() -> None:
    phases = [(item.offset_ns, item.name) for item in plan().items if isinstance(item, PlannedPhase)]
    faults = [(item.offset_ns, item.kind, item.duration_ns) for item in plan().items if isinstance(item, PlannedFault)]
    assert phases == [(0, "calm"), (20 * SECOND_NS, "rush")]
    assert faults == [(12_500_000_000, "kill_worker", 2 * SECOND_NS)]
    assert plan().duration_ns == 30 * SECOND_NS


def test_everything_that_was_asked_for_is_planned_at_its_rate() -> None:
    purchases = len(of(PlannedPurchase))
    assert purchases == pytest.approx(1_500, rel=0.1)
    assert len(of(PlannedCancellation)) / purchases == pytest.approx(0.2, abs=0.04)
    assert len(of(PlannedReturn)) / purchases == pytest.approx(0.2, abs=0.04)
    assert len(of(PlannedRestock)) == pytest.approx(90, rel=0.3)
    assert len(of(PlannedProductEdit)) == pytest.approx(60, rel=0.4)
    assert len(of(PlannedForgery)) == pytest.approx(120, rel=0.3)


def test_every_kind_of_forgery_is_tried() -> None:
    kinds = {item.kind for item in plan().items if isinstance(item, PlannedForgery)}
    assert kinds == set(KINDS) - SELDOM


def test_only_orders_of_the_own_store_are_paid_and_none_after_its_cancellation() -> None:
    bought = {item.order: item for item in plan().items if isinstance(item, PlannedPurchase)}
    cancelled = {item.order: item.offset_ns for item in plan().items if isinstance(item, PlannedCancellation)}
    payments = [item for item in plan().items if isinstance(item, PlannedPayment)]
    assert {bought[item.order].channel for item in payments} == {"online"}
    assert all(item.offset_ns <= cancelled.get(item.order, item.offset_ns) for item in payments)
    unpaid = {order for order, item in bought.items() if item.channel == "online"} - {item.order for item in payments}
    assert unpaid < set(cancelled)


def test_nothing_of_the_own_store_is_returned_before_it_was_paid() -> None:
    paid = {item.order: item.offset_ns for item in plan().items if isinstance(item, PlannedPayment)}
    returns = [item for item in plan().items if isinstance(item, PlannedReturn) and item.order in paid]
    assert returns
    assert all(item.offset_ns >= paid[item.order] for item in returns)


def test_a_return_gives_back_at_most_what_was_bought_and_restocks_by_its_share() -> None:
    bought = {item.order: dict(item.lines) for item in plan().items if isinstance(item, PlannedPurchase)}
    returns = [item for item in plan().items if isinstance(item, PlannedReturn)]
    assert all(1 <= quantity <= bought[item.order][sku] for item in returns for sku, quantity in item.lines)
    assert all(item.lines for item in returns)
    assert sum(item.restock for item in returns) / len(returns) == pytest.approx(0.5, abs=0.1)


def test_follow_ups_stay_within_the_load_even_when_their_delays_are_longer() -> None:
    orders = OrdersConfig(cancel_share=0.5, return_share=0.5, cancel_after_s=600, return_after_s=600)
    long = make_plan("long", CONFIG.model_copy(update={"orders": orders}), 1)
    assert all(item.offset_ns < long.duration_ns for item in long.items)
    assert sum(isinstance(item, PlannedCancellation | PlannedReturn) for item in long.items) == sum(
        isinstance(item, PlannedPurchase) for item in long.items
    )


def test_no_order_is_both_cancelled_and_returned_when_the_shares_exceed_one() -> None:
    orders = OrdersConfig(cancel_share=0.7, return_share=0.7)
    crowded = make_plan("crowded", CONFIG.model_copy(update={"orders": orders}), 1).items
    cancelled = {item.order for item in crowded if isinstance(item, PlannedCancellation)}
    returned = {item.order for item in crowded if isinstance(item, PlannedReturn)}
    assert cancelled.isdisjoint(returned)
    assert len(cancelled | returned) == sum(isinstance(item, PlannedPurchase) for item in crowded)


def test_a_plan_beyond_the_limit_is_refused_before_it_is_made() -> None:
    huge = CONFIG.model_copy(update={"phases": (PhaseConfig(name="a", seconds=86_400, rate=100_000),)})
    with pytest.raises(LimitError, match="5,000,000"):
        make_plan("huge", huge, 1)
