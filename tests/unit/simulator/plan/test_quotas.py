"""Which orders get a role, and which events stand next to a fault."""

from collections import Counter

import pytest

from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.config import (
    ORDER_ROLES,
    ChannelConfig,
    FaultConfig,
    FaultKind,
    OrdersConfig,
    PhaseConfig,
    QuotasConfig,
    ShopConfig,
    WorldConfig,
)
from stockstorm.simulator.model import OrderKey
from stockstorm.simulator.plan.items import (
    Plan,
    PlannedCancellation,
    PlannedPayment,
    PlannedPurchase,
    PlannedRestock,
    PlannedReturn,
)
from stockstorm.simulator.plan.planner import expected_events, make_plan
from stockstorm.simulator.plan.quotas import (
    AFTER_CANCELLATION_NS,
    CANCELLED_AFTER_NS,
    KEPT_KEY,
    OWN_STORE,
    RETURNED_AFTER_NS,
    RETURNED_AGAIN_AFTER_NS,
    Roles,
    fitting,
    kept_skus,
    late_ns,
    orders_at_least,
    sells_out,
)

FIVE: dict[str, int] = {str(role): 5 for role in ORDER_ROLES if role not in OWN_STORE}
CHANNELS = tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado"))


def config(faults: tuple[FaultConfig, ...] = (), /, rate: float = 10, **quotas: int) -> WorldConfig:
    return WorldConfig(
        shop=ShopConfig(skus=40, stock=1_000, buyers=5),
        channels=CHANNELS,
        phases=(PhaseConfig(name="even", kind="constant", seconds=20, rate=rate),),
        orders=OrdersConfig(cancel_share=0.1, return_share=0.1),
        faults=faults,
        quotas=QuotasConfig(**quotas),
    )


def orders_of(plan: Plan, role: str) -> dict[OrderKey, PlannedPurchase]:
    roles = Roles(config(**FIVE))
    bought = [item for item in plan.items if isinstance(item, PlannedPurchase)]
    return {item.order: item for item in bought if (part := roles.of(item.order)) and part.role == role}


def test_every_role_is_dealt_as_often_as_its_quota_on_the_own_store_and_on_marketplaces() -> None:
    parts = [part for key in range(200) if (part := Roles(config(**FIVE)).of(key))]
    for role in FIVE:
        found = Counter(part.channel for part in parts if part.role == role)
        assert found["bazaar"] + found["mercado"] == 5
        assert min(found["online"], found["bazaar"], found["mercado"]) == 2
    assert [part.role for part in parts[:7]] == ["late_duplicate"] * 7


def test_the_own_store_gets_its_part_only_where_there_are_orders_enough() -> None:
    assert {part.channel for part in Roles(config(rate=2, **FIVE))} == {"bazaar", "mercado"}


def test_without_marketplaces_all_orders_are_of_the_own_store() -> None:
    world = config(**FIVE).model_copy(update={"channels": CHANNELS[:1]})
    assert Counter(part.channel for part in Roles(world)) == {"online": 70}


def test_without_quotas_no_order_has_a_role() -> None:
    assert not any(Roles(config()).of(key) for key in range(200))


def test_roles_are_spread_over_the_load_and_none_is_left_over() -> None:
    keys = [key for key in range(200) if Roles(config(**FIVE)).of(key)]
    assert keys == list(range(0, 140, 2))


def test_the_follow_ups_of_a_role_stand_at_its_times() -> None:
    plan = make_plan("x", config(**FIVE), 3)
    for role in CANCELLED_AFTER_NS:
        orders = orders_of(plan, role)
        gone = {i.order: i.offset_ns for i in plan.items if isinstance(i, PlannedCancellation) and i.order in orders}
        back = {i.order: i.offset_ns for i in plan.items if isinstance(i, PlannedReturn) and i.order in orders}
        end_ns = plan.duration_ns - 1
        for key, item in orders.items():
            assert gone[key] == min(item.offset_ns + CANCELLED_AFTER_NS[role], end_ns)
        lags = {"return_then_cancel": RETURNED_AFTER_NS, "undone": RETURNED_AGAIN_AFTER_NS}  # of the last return
        assert set(back) == (set(orders) if role in lags else set())
        assert all(at == min(orders[key].offset_ns + lags[role], end_ns) for key, at in back.items())


def test_at_the_end_of_load_a_return_still_comes_before_the_cancellation() -> None:
    plan = make_plan("x", config(rate=2, return_then_cancel=40), 1)
    met: list[tuple[type, OrderKey]] = [
        (type(item), item.order) for item in plan.items if isinstance(item, PlannedReturn | PlannedCancellation)
    ]
    for order in map(OrderKey, range(40)):
        assert met.index((PlannedReturn, order)) < met.index((PlannedCancellation, order))
    paid = {item.order: item.serial for item in plan.items if isinstance(item, PlannedPayment)}
    back = {item.order: item.serial for item in plan.items if isinstance(item, PlannedReturn)}
    assert all(paid[order] < back[order] for order in paid)


def test_an_order_that_comes_back_in_two_parts_has_two_units_and_two_returns_of_one() -> None:
    plan = make_plan("x", config(**FIVE), 3)
    orders = orders_of(plan, "two_returns")
    back = [item for item in plan.items if isinstance(item, PlannedReturn) and item.order in orders]
    assert len(orders) == 7
    assert Counter(item.order for item in back) == dict.fromkeys(orders, 2)
    assert all(item.lines == ((orders[item.order].lines[0][0], 1),) for item in back)
    assert {quantity for item in orders.values() for _, quantity in item.lines} == {2}


def test_an_order_that_is_undone_comes_back_in_two_parts_before_the_rest_is_cancelled() -> None:
    plan = make_plan("x", config(**FIVE), 3)
    orders = orders_of(plan, "undone")
    back = Counter(item.order for item in plan.items if isinstance(item, PlannedReturn) and item.order in orders)
    gone = {item.order: item.serial for item in plan.items if isinstance(item, PlannedCancellation)}
    last = {item.order: item.serial for item in plan.items if isinstance(item, PlannedReturn)}
    assert back == dict.fromkeys(orders, 2)
    assert {quantity for item in orders.values() for _, quantity in item.lines} == {3}
    assert all(last[key] < gone[key] for key in orders)


def test_two_lines_have_one_sku() -> None:
    orders = orders_of(make_plan("x", config(**FIVE), 3), "two_lines")
    assert len(orders) == 7
    assert all(len(item.lines) == 2 and len(dict(item.lines)) == 1 for item in orders.values())


def test_other_orders_are_the_same_with_and_without_quotas() -> None:
    roles = Roles(config(**FIVE))
    plans = [make_plan("x", config(**quotas), 3) for quotas in (FIVE, dict[str, int]())]
    some, none = (
        [(i.offset_ns, i.order, i.lines) for i in p.items if isinstance(i, PlannedPurchase) and not roles.of(i.order)]
        for p in plans
    )
    assert some == none


def test_the_arithmetic_of_events_includes_roles() -> None:
    world = config(rate=40, **FIVE)
    planned = [make_plan("x", world, seed).expected_events for seed in range(20)]
    assert sum(planned) / len(planned) == pytest.approx(expected_events(world), rel=0.02)


# -- what fits -----------------------------------------------------------------------------------------------------


def test_a_load_with_too_few_orders_gets_fewer_roles() -> None:
    fits = fitting(config(rate=1, **FIVE))
    assert sum(fits.of_orders().values()) <= 20
    assert {fits.of_orders()[role] for role in ORDER_ROLES if role in FIVE} == {2}
    assert fitting(config(**FIVE)) == QuotasConfig(**FIVE)


def test_drawn_arrivals_are_counted_as_the_least_that_a_seed_gives() -> None:
    even = PhaseConfig(name="a", kind="constant", seconds=10, rate=10)
    drawn = PhaseConfig(name="a", kind="poisson", seconds=10, rate=10)
    burst = PhaseConfig(name="a", kind="burst", seconds=10, bursts=2, burst_size=50)
    assert (orders_at_least((even,)), orders_at_least((drawn,)), orders_at_least((burst,))) == (100, 40, 100)


def test_orders_of_skus_that_may_sell_out_get_no_role() -> None:
    scarce = config(rate=40, **FIVE | {"before_kill": 2})
    scarce = scarce.model_copy(update={"shop": scarce.shop.model_copy(update={"stock": 60})})
    assert sells_out(config(**FIVE)) is None
    assert sells_out(scarce) is not None
    assert fitting(scarce) == QuotasConfig(before_kill=2)


def test_late_is_five_minutes_on_the_scaled_clock_and_at_most_a_share_of_the_load() -> None:
    world = config()
    assert late_ns(world) == 9 * SECOND_NS
    scaled = world.model_copy(update={"delivery": world.delivery.model_copy(update={"retry_time_scale": 0.01})})
    assert late_ns(scaled) == 3 * SECOND_NS
    assert min(CANCELLED_AFTER_NS.values()) > 0 < AFTER_CANCELLATION_NS


# -- next to faults ------------------------------------------------------------------------------------------------


def fault(kind: FaultKind = "kill_worker", at_s: float = 5, back_s: float = 2) -> FaultConfig:
    return FaultConfig(kind=kind, at_s=at_s, restart_after_s=back_s)


def next_to(world: WorldConfig) -> list[tuple[int, str]]:
    """(offset, SKU) of what is bought or restocked of the kept SKUs."""
    kept = {sku for skus in kept_skus(world).values() for sku in skus}
    found = []
    for item in make_plan("x", world, 3).items:
        if isinstance(item, PlannedRestock) and item.sku in kept:
            found.append((item.offset_ns, str(item.sku)))
        if isinstance(item, PlannedPurchase) and kept & {sku for sku, _ in item.lines}:
            assert item.order >= KEPT_KEY
            found += [(item.offset_ns, str(sku)) for sku, _ in item.lines]
    return found


def test_the_last_events_before_a_kill_and_the_first_after_it_have_skus_that_nothing_else_moves() -> None:
    found = next_to(config((fault(),), before_kill=5, after_restart=5))
    assert len({sku for _, sku in found}) == len(found) == 10
    before, after = [at for at, _ in found[:5]], [at for at, _ in found[5:]]
    assert all(5 * SECOND_NS - 100 * MILLISECOND_NS < at < 5 * SECOND_NS for at in before)
    assert all(7 * SECOND_NS <= at < 8 * SECOND_NS for at in after)


@pytest.mark.parametrize(
    ("one", "count"),
    [
        (fault("pause_worker"), 0),
        (fault("restart_database"), 4),
        (fault().model_copy(update={"on": "executed"}), 0),
        (fault(at_s=0.001), 2),  # nothing is before the load
        (fault(at_s=19, back_s=5), 2),  # or after it
    ],
)
def test_only_faults_that_end_a_process_have_events_next_to_them_within_the_load(one: FaultConfig, count: int) -> None:
    assert len(next_to(config((one,), before_kill=2, after_restart=2))) == count


def test_a_sale_and_a_unit_that_is_added_at_once_are_the_only_events_of_their_sku() -> None:
    plan = make_plan("x", config(netted=5, before_kill=2), 3)
    skus = kept_skus(config(netted=5, before_kill=2))["netted"]
    for sku in skus:
        sold = [i for i in plan.items if isinstance(i, PlannedPurchase) and sku in dict(i.lines)]
        added = [i for i in plan.items if isinstance(i, PlannedRestock) and i.sku == sku]
        assert [(i.lines, i.channel in ("bazaar", "mercado")) for i in sold] == [(((sku, 1),), True)]
        assert [(i.delta, i.offset_ns - sold[0].offset_ns) for i in added] == [(1, 20 * MILLISECOND_NS)]
    assert len(set(skus)) == 5


def test_a_fault_moves_no_other_purchase() -> None:
    quotas = FIVE | {"before_kill": 5, "after_restart": 5}
    both: tuple[tuple[FaultConfig, ...], ...] = ((), (fault(),))
    plans = [make_plan("x", config(faults, **quotas), 3) for faults in both]
    calm, killed = ([i for i in plan.items if isinstance(i, PlannedPurchase)] for plan in plans)
    others = [(i.offset_ns, i.order, i.lines) for i in killed if i.order < KEPT_KEY]
    assert others == [(i.offset_ns, i.order, i.lines) for i in calm]
