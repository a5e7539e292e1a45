"""Orders that staff edits, and paid orders that are cancelled: plans, stock, and what the judge makes of both.

A cancelled paid order is told by its cancellation, by its refund and by the levels. A subject may use any of them.
"""

import functools
from collections import Counter

import msgspec
import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import first_breach
from stockstorm.reports.result import Check
from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.history.facts import FinalStock, StockChanged
from stockstorm.simulator.plan.items import PlannedCancellation, PlannedOrderEdit
from stockstorm.simulator.plan.planner import expected_events, make_plan
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.modelled.run import ModelledRun, run_model
from tests.modelled.subject import Behaviour

ORDERS = OrdersConfig(
    cancel_share=0.15, cancel_after_s=0.8, return_share=0.05, return_after_s=0.8, paid_after_s=0.2,
    edit_share=0.4, edit_after_s=0.4,
)  # fmt: skip


def trade(orders: OrdersConfig = ORDERS, rate: float = 200, seconds: float = 3, stock: int = 150) -> WorldConfig:
    return WorldConfig(
        shop=ShopConfig(skus=40, stock=stock, buyers=1),
        channels=(ChannelConfig(name="online", share=2), ChannelConfig(name="bazaar"), ChannelConfig(name="mercado")),
        phases=(PhaseConfig(name="load", kind="poisson", seconds=seconds, rate=rate),),
        orders=orders,
        events=ShopEventsConfig(restocks_per_s=5, restock_units=5),
    )


@functools.lru_cache(maxsize=4)
def judged(behaviour: Behaviour, seed: int = 3) -> tuple[ModelledRun, History, dict[str, Check]]:
    run = run_model(trade(), behaviour, seed)
    history = History.of(run.facts)
    return run, history, {check.name: check for check in check_all(history)}


def accused(found: dict[str, Check]) -> set[str]:
    return {name for name, check in found.items() if check.verdict == "invalid"}


@pytest.mark.parametrize("seed", range(3))
def test_a_world_with_ample_stock_fires_exactly_the_events_of_the_plan(seed: int) -> None:
    config = trade(stock=100_000)
    plan, world = make_plan("x", config, seed), World(config, make_catalogue(config, Seeds(seed)), Seeds(seed))
    fired = [event for item in plan.items for event in world.apply(item, item.offset_ns).events]
    assert len(fired) == plan.expected_events
    assert expected_events(config) == pytest.approx(plan.expected_events, rel=0.08)
    edits = [item for item in plan.items if isinstance(item, PlannedOrderEdit)]
    kinds = Counter((bool(item.removed), bool(item.added)) for item in edits)
    assert min(kinds.values()) >= 5
    assert len(kinds) == 3
    assert len({item.order for item in edits} & {i.order for i in plan.items if isinstance(i, PlannedCancellation)}) > 3


def test_edits_move_no_other_item_of_a_plan() -> None:
    without = make_plan("x", trade(ORDERS.model_copy(update={"edit_share": 0.0})), 5).items
    items = [item for item in make_plan("x", trade(), 5).items if not isinstance(item, PlannedOrderEdit)]
    assert [msgspec.structs.replace(item, serial=0) for item in items] == [
        msgspec.structs.replace(item, serial=0) for item in without
    ]


@pytest.mark.parametrize("seed", range(3, 6))
@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(),
        Behaviour(nets=False),
        Behaviour(cancelled_by="refunds/create"),
        Behaviour(cancelled_by="orders/cancelled"),
    ],
    ids=["levels", "levels, without netting", "refund", "cancellation"],
)
def test_a_sound_subject_is_not_accused_whatever_tells_it_of_a_cancellation(behaviour: Behaviour, seed: int) -> None:
    run, history, found = judged(behaviour, seed)
    assert first_breach(history, run.facts) is None
    assert accused(found) == set()
    assert found["unexplained_push"].measures["unexplained_push.pushes"] == 0
    assert found["sync_latency"].measures["sync_latency_ms.never"] == 0
    assert sum(fact.cause == "order_edit" for fact in run.facts if isinstance(fact, StockChanged)) > 30


def test_the_shelf_of_the_history_is_that_of_the_world() -> None:
    run, _, _ = judged(Behaviour())
    for final in (fact for fact in run.facts if isinstance(fact, FinalStock)):
        assert final.available == final.physical


def test_edits_that_are_ignored_are_seen_and_named() -> None:
    run, history, found = judged(Behaviour(flaw="ignores_edits", probe=True), 4)
    assert len(run.lost) > 30
    assert {"drift", "nothing_lost"} <= accused(found)
    told, _ = diagnose(history, tuple(found.values()))
    causes = [one.cause for one in told if one.name != "few_topics"]  # the model has one subscription
    assert "of stock that changed by an edit of an order" in causes[0], causes
