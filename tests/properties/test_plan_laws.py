"""Laws of plans: what holds for every configuration and seed."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockstorm.simulator.catalogue import make_catalogue, sku_names
from stockstorm.simulator.config import (
    ORDER_ROLES,
    ChannelConfig,
    FaultConfig,
    OrdersConfig,
    PhaseConfig,
    QuotasConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.plan.items import Plan, PlannedCancellation, PlannedPayment, PlannedPurchase, PlannedReturn
from stockstorm.simulator.plan.planner import expected_events, make_plan, with_event_rate
from stockstorm.simulator.plan.quotas import Roles, fitting
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

bounded = settings(max_examples=40, derandomize=True)
AMPLE = 1_000_000

seeds = st.integers(-(2**40), 2**70)
share = st.sampled_from((0.0, 0.1, 0.5, 1.0))
seconds = st.sampled_from((0.0, 0.2, 3.0, 60.0))
rate = st.sampled_from((0.0, 3.0, 40.0))

phases = st.builds(
    PhaseConfig,
    name=st.sampled_from(("calm", "rush")),
    kind=st.sampled_from(("constant", "ramp", "burst", "poisson")),
    seconds=st.sampled_from((0.3, 2.0, 5.0)),
    rate=rate,
    rate_to=st.none() | rate,
    bursts=st.integers(1, 3),
    burst_size=st.integers(1, 30),
    hot_share=share,
)
orders = st.builds(
    OrdersConfig,
    lines_max=st.integers(1, 4),
    quantity_max=st.integers(1, 3),
    paid_after_s=seconds,
    cancel_share=share,
    cancel_after_s=seconds,
    return_share=share,
    return_after_s=seconds,
    restock_share=share,
)
staff = st.builds(
    ShopEventsConfig,
    restocks_per_s=rate,
    restock_hot=st.booleans(),
    product_edits_per_s=rate,
    products_told_when_ordered=st.booleans(),
    forgeries_per_s=rate,
)
shops = st.builds(
    ShopConfig,
    skus=st.integers(1, 9),
    hot_skus=st.integers(0, 10),
    zipf=st.sampled_from((0.0, 1.0, 3.0)),
    buyers=st.just(2),
)
configs = st.builds(
    WorldConfig,
    shop=shops,
    channels=st.sampled_from(
        (("online",), ("online", "bazaar"), ("online", "bazaar", "mercado", "tradepost")),
    ).map(lambda names: tuple(ChannelConfig(name=name) for name in names)),
    phases=st.lists(phases, min_size=1, max_size=3).map(tuple),
    orders=orders,
    events=staff,
    faults=st.just((FaultConfig(kind="kill_worker", at_s=0.1),)),
)


def purchases(plan: Plan) -> list[PlannedPurchase]:
    return [item for item in plan.items if isinstance(item, PlannedPurchase)]


def unnumbered(items: list[PlannedPurchase]) -> list[PlannedPurchase]:
    return [msgspec.structs.replace(item, serial=0) for item in items]


@bounded
@given(configs, seeds)
def test_one_scenario_and_seed_give_one_plan_byte_for_byte(config: WorldConfig, seed: int) -> None:
    one, other = make_plan("x", config, seed), make_plan("x", config, seed)
    assert list(one.lines()) == list(other.lines())
    assert one.digest() == other.digest()


@bounded
@given(configs, seeds)
def test_another_seed_gives_another_plan_where_anything_is_drawn(config: WorldConfig, seed: int) -> None:
    one, other = make_plan("x", config, seed), make_plan("x", config, seed + 1)
    drawn = len(purchases(one)) > 20 and config.shop.skus > 1
    assert not drawn or one.items != other.items


@bounded
@given(configs, seeds)
def test_items_are_sorted_numbered_and_within_the_load(config: WorldConfig, seed: int) -> None:
    plan = make_plan("x", config, seed)
    assert [item.serial for item in plan.items] == list(range(len(plan.items)))
    offsets = [item.offset_ns for item in plan.items]
    assert offsets == sorted(offsets)
    assert all(type(offset) is int and 0 <= offset < plan.duration_ns for offset in offsets)


@bounded
@given(configs, seeds)
def test_keys_count_purchases_and_lines_are_distinct_and_known(config: WorldConfig, seed: int) -> None:
    bought = purchases(make_plan("x", config, seed))
    assert [item.order for item in bought] == list(range(len(bought)))
    known, names = set(sku_names(config.shop)), {channel.name for channel in config.channels}
    for item in bought:
        skus = [sku for sku, _ in item.lines]
        assert 1 <= len(set(skus)) == len(skus) <= config.orders.lines_max
        assert set(skus) <= known
        assert all(1 <= quantity <= config.orders.quantity_max for _, quantity in item.lines)
        assert item.channel in names
        assert 0 <= item.buyer < config.shop.buyers


@bounded
@given(configs, seeds)
def test_follow_ups_come_after_their_purchase_once_and_no_order_is_cancelled_and_returned(
    config: WorldConfig, seed: int
) -> None:
    plan = make_plan("x", config, seed)
    bought = {item.order: item for item in purchases(plan)}
    met: set[tuple[str, int]] = set()
    for item in plan.items:
        if isinstance(item, PlannedPayment | PlannedCancellation | PlannedReturn):
            assert (item.offset_ns, item.serial) > (bought[item.order].offset_ns, bought[item.order].serial)
            kind = "payment" if isinstance(item, PlannedPayment) else "ending"
            assert (kind, item.order) not in met
            met.add((kind, item.order))


@bounded
@given(configs, seeds)
def test_what_the_staff_attackers_and_fates_do_moves_no_purchase(config: WorldConfig, seed: int) -> None:
    bare = config.model_copy(
        update={"events": ShopEventsConfig(), "faults": (), "orders": config.orders.model_copy(update=NO_FATE)}
    )
    full = unnumbered(purchases(make_plan("x", config, seed)))
    assert unnumbered(purchases(make_plan("x", bare, seed))) == full


NO_FATE = {"cancel_share": 0.0, "return_share": 0.0, "paid_after_s": 0.0}


@bounded
@given(configs, seeds)
def test_a_later_phase_moves_no_purchase_of_an_earlier_one(config: WorldConfig, seed: int) -> None:
    longer = config.model_copy(update={"phases": (*config.phases, PhaseConfig(name="more", seconds=1, rate=20))})
    first = unnumbered(purchases(make_plan("x", config, seed)))
    assert unnumbered(purchases(make_plan("x", longer, seed)))[: len(first)] == first


@bounded
@given(configs, seeds)
def test_a_larger_share_of_cancellations_keeps_those_that_were_there(config: WorldConfig, seed: int) -> None:
    few = config.model_copy(update={"orders": config.orders.model_copy(update={"cancel_share": 0.1})})
    many = config.model_copy(update={"orders": config.orders.model_copy(update={"cancel_share": 0.6})})
    assert cancellations(few, seed) <= cancellations(many, seed)


def cancellations(config: WorldConfig, seed: int) -> set[tuple[int, int]]:
    items = make_plan("x", config, seed).items
    return {(item.order, item.offset_ns) for item in items if isinstance(item, PlannedCancellation)}


@settings(max_examples=25, derandomize=True)
@given(configs, seeds)
def test_a_world_with_ample_stock_fires_exactly_the_events_that_the_plan_expects(
    config: WorldConfig, seed: int
) -> None:
    shop = config.shop.model_copy(update={"stock": AMPLE, "hot_stock": AMPLE})
    config = config.model_copy(update={"shop": shop})
    plan = make_plan("x", config, seed)
    world = World(config, make_catalogue(config, Seeds(seed)), Seeds(seed))
    assert sum(len(world.apply(item, item.offset_ns).events) for item in plan.items) == plan.expected_events


@settings(max_examples=15, derandomize=True)
@given(configs, st.integers(0, 1_000))
def test_the_expected_number_of_events_is_the_mean_of_plans(config: WorldConfig, seed: int) -> None:
    # Stretched to some thousand purchases, so that chance is small beside the tolerance.
    busy = PhaseConfig(name="busy", kind="constant", seconds=120, rate=25, hot_share=0.3)
    config = config.model_copy(update={"phases": (busy,)})
    assert make_plan("x", config, seed).expected_events == pytest.approx(expected_events(config), rel=0.06)


@bounded
@given(configs, st.sampled_from((400.0, 2_500.0)), st.none() | st.just(12.0))
def test_a_scaled_configuration_expects_the_rate_and_length_that_were_asked_for(
    config: WorldConfig, events_per_s: float, length_s: float | None
) -> None:
    config = config.model_copy(
        update={"phases": (*config.phases, PhaseConfig(name="flow", seconds=5, rate=30))},
    )
    scaled = with_event_rate(config, events_per_s, length_s)
    load_s = sum(phase.seconds for phase in scaled.phases)
    assert load_s == pytest.approx(length_s or sum(phase.seconds for phase in config.phases))
    assert expected_events(scaled) / load_s == pytest.approx(events_per_s, rel=0.03)


@bounded
@given(configs, seeds, st.integers(0, 12))
def test_quotas_that_fit_are_fulfilled_by_every_plan(config: WorldConfig, seed: int, quota: int) -> None:
    config = config.model_copy(update={"quotas": QuotasConfig(**dict.fromkeys(map(str, ORDER_ROLES), quota))})
    fits = config.model_copy(update={"quotas": fitting(config)})
    roles = Roles(fits)
    bought = [item for item in purchases(make_plan("x", fits, seed)) if roles.of(item.order)]
    assert len(bought) == len(roles) >= sum(fits.quotas.of_orders().values())
