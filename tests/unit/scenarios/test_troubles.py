"""The scenarios of one trouble each: short, with the trouble in every plan, and with a flaw that is proven in them."""

from collections import Counter

import pytest

from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.scenarios import Scenario, list_scenarios, load
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.limits import INPUT_ARRAY_MAX
from stockstorm.simulator.model import MARKETPLACE_TOPICS
from stockstorm.simulator.plan.forgeries import ALL_KINDS
from stockstorm.simulator.plan.items import (
    PlannedCancellation,
    PlannedForgery,
    PlannedLife,
    PlannedPayment,
    PlannedProductEdit,
    PlannedPurchase,
    PlannedRestock,
    PlannedReturn,
)
from stockstorm.simulator.plan.planner import make_plan

TROUBLES = (
    "live_events",
    "duplicate_storm",
    "out_of_order",
    "forged_deliveries",
    "secret_rotation",
    "slow_handler",
    "outage_and_removal",
    "reinstall",
    "missing_scopes",
    "scope_granted_late",
    "poison_events",
    "two_writers",
    "many_locations",
    "throttled_api",
    "marketplace_down",
    "marketplace_feeds",
    "thundering_herd",
    "lost_by_shopify",
    "big_ids",
    "old_api_version",
    "odd_skus",
    "edited_orders",
    "many_lines",
    "bfcm",
    "unanswered_calls",
)
SEEDS = (1, 7, 2**40)
RUN_MAX_S = 90.0


@pytest.mark.parametrize("name", TROUBLES)
def test_a_flaw_is_proven_in_each_of_them(name: str) -> None:
    assert [flaw.name for flaw in FLAWS.values() if flaw.scenario == name]


@pytest.mark.parametrize("scenario", list_scenarios(), ids=lambda scenario: str(scenario.name))
def test_none_takes_longer_than_a_minute_and_a_half(scenario: Scenario) -> None:
    assert max(scenario.load_s, scenario.faults_end_s) <= RUN_MAX_S - scenario.quiesce.max_s / 2


@pytest.mark.parametrize("scenario", list_scenarios(), ids=lambda scenario: str(scenario.name))
def test_only_scenarios_with_a_second_writer_correct_stock(scenario: Scenario) -> None:
    meant = scenario.name in {"two_writers", "bfcm"}
    assert (scenario.quotas.corrected > 0) == (scenario.events.corrections_per_s > 0) == meant


@pytest.mark.parametrize("seed", SEEDS)
def test_live_events_have_some_of_each_topic_and_few_in_all(seed: int) -> None:
    scenario = load("live_events")
    plan = make_plan("live_events", scenario, seed)
    own = {item.order for item in plan.items if isinstance(item, PlannedPurchase) and item.channel == "online"}
    kinds = Counter((type(item), getattr(item, "order", None) in own) for item in plan.items)
    for follow_up in (PlannedPurchase, PlannedCancellation, PlannedReturn):
        assert kinds[follow_up, True] >= 1, follow_up
        assert kinds[follow_up, False] >= 1, follow_up
    assert kinds[PlannedPayment, True] >= 1
    assert kinds[PlannedProductEdit, False] >= 1
    assert kinds[PlannedLife, False] == 3
    assert plan.expected_events < 100


@pytest.mark.parametrize("seed", SEEDS)
def test_forged_deliveries_have_each_kind_on_every_topic_of_each_marketplace(seed: int) -> None:
    scenario = load("forged_deliveries")
    assert scenario.quotas.forgeries >= len(ALL_KINDS)
    made = [item for item in make_plan("forged_deliveries", scenario, seed).items if isinstance(item, PlannedForgery)]
    pairs = {(item.source, item.topic, item.kind) for item in made}
    for topic in MARKETPLACE_TOPICS:
        for market in ("bazaar", "mercado"):
            assert {kind for kind in ALL_KINDS if (market, topic, kind) in pairs} == set(ALL_KINDS) - {"other_shop"}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_second_writer_takes_and_gives_often(seed: int) -> None:
    plan = make_plan("two_writers", load("two_writers"), seed)
    deltas = [item.delta for item in plan.items if isinstance(item, PlannedRestock)]
    assert min(sum(delta > 0 for delta in deltas), sum(delta < 0 for delta in deltas)) > 60


def test_the_calls_of_slow_work_take_longer_than_an_answer_may() -> None:
    (slow,) = load("slow_handler").api_faults
    assert (slow.kind, slow.share, slow.api) == ("slow", 1.0, "all")
    assert slow.seconds is not None
    assert slow.seconds > 5.0


def test_the_herd_comes_when_the_outage_ends() -> None:
    scenario = load("thundering_herd")
    ends = {fault.at_s + fault.restart_after_s for fault in scenario.faults}
    starts, at_s = {}, 0.0
    for phase in scenario.phases:
        starts[phase.name] = at_s
        at_s += phase.seconds
    assert ends == {starts["herd"]}
    assert {fault.until_s for fault in scenario.api_faults} == {starts["after"]}


def test_the_scope_is_missing_for_a_while_in_which_there_is_something_to_write() -> None:
    scenario = load("scope_granted_late")
    (granted,) = scenario.life
    assert "write_inventory" not in scenario.app.scopes
    assert "write_inventory" in granted.scopes
    assert granted.at_s == scenario.phases[0].seconds
    plan = make_plan("scope_granted_late", scenario, 1)
    sold = [item for item in plan.items if isinstance(item, PlannedPurchase) and item.channel != "online"]
    assert sum(item.offset_ns < granted.at_s * SECOND_NS for item in sold) > 40


@pytest.mark.parametrize("seed", SEEDS)
def test_more_items_wait_for_the_shops_api_than_one_call_may_change(seed: int) -> None:
    scenario = load("many_lines")
    (outage,) = scenario.api_faults
    assert outage.until_s is not None
    waiting = {
        sku
        for item in make_plan("many_lines", scenario, seed).items
        if isinstance(item, PlannedPurchase)
        and item.channel != "online"
        and outage.from_s <= item.offset_ns / SECOND_NS < outage.until_s
        for sku, _ in item.lines
    }
    assert len(waiting) > INPUT_ARRAY_MAX + 50
