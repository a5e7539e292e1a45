import pytest

from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.plan.planner import expected_events, make_plan, with_event_rate

CHANNELS = tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado"))
FATES = OrdersConfig(
    lines_max=3, cancel_share=0.2, return_share=0.15, paid_after_s=1, cancel_after_s=3, return_after_s=4
)
STAFF = ShopEventsConfig(restocks_per_s=4, product_edits_per_s=2, forgeries_per_s=3)
HOT = ShopConfig(hot_skus=3)

MIXED = (
    PhaseConfig(name="warm", kind="ramp", seconds=5, rate=20, rate_to=60),
    PhaseConfig(name="rush", kind="burst", seconds=10, bursts=4, burst_size=75, rate=30, hot_share=0.6),
    PhaseConfig(name="calm", kind="poisson", seconds=10, rate=40),
    PhaseConfig(name="even", kind="constant", seconds=5, rate=40),
)


def config_of(*phases: PhaseConfig, orders: OrdersConfig = FATES, events: ShopEventsConfig = STAFF) -> WorldConfig:
    return WorldConfig(shop=HOT, channels=CHANNELS, phases=phases, orders=orders, events=events)


@pytest.mark.parametrize(
    ("lines_max", "events"),
    # Own store: order, lines and two for the payment; a marketplace: the order.
    [(1, (4 + 1 + 1) / 3), (3, (5 + 1 + 1) / 3)],
)
def test_a_purchase_that_is_only_paid_fires_what_can_be_counted_by_hand(lines_max: int, events: float) -> None:
    config = config_of(
        PhaseConfig(name="a", kind="constant", seconds=10, rate=10),
        orders=OrdersConfig(lines_max=lines_max),
        events=ShopEventsConfig(),
    )
    assert expected_events(config) == pytest.approx(100 * events)


@pytest.mark.parametrize("told", [False, True])
def test_the_arithmetic_agrees_with_plans(told: bool) -> None:
    config = config_of(*MIXED, events=STAFF.model_copy(update={"products_told_when_ordered": told}))
    planned = [make_plan("x", config, seed).expected_events for seed in range(12)]
    assert expected_events(config) == pytest.approx(sum(planned) / len(planned), rel=0.02)


@pytest.mark.parametrize("kind", ["constant", "ramp", "poisson", "burst"])
@pytest.mark.parametrize("rate", [300, 1_500])
def test_plans_fire_the_rate_that_was_asked_for(kind: str, rate: int) -> None:
    phase = PhaseConfig.model_validate({"name": "a", "kind": kind, "seconds": 30, "rate": 7, "rate_to": 21})
    config = with_event_rate(config_of(phase), rate, 20)
    seeds = 1_800 // rate + 1  # one seed of the lower rate scatters by 1 to 3 %
    plans = [make_plan("x", config, seed) for seed in range(seeds)]
    assert {plan.duration_ns for plan in plans} == {20_000_000_000}
    assert expected_events(config) / 20 == pytest.approx(rate, rel=0.005)
    assert sum(plan.expected_events for plan in plans) / seeds / 20 == pytest.approx(rate, rel=0.03)


def test_mixed_phases_keep_their_proportions() -> None:
    config = with_event_rate(config_of(*MIXED), 600)
    assert [phase.seconds for phase in config.phases] == [5, 10, 10, 5]
    warm, rush, calm, even = config.phases
    assert calm.rate == even.rate == pytest.approx(warm.rate * 2) == pytest.approx(rush.rate * 4 / 3)
    assert rush.burst_size == pytest.approx(calm.rate * 75 / 40, rel=0.02)
    assert expected_events(config) == pytest.approx(600 * 30, rel=0.001)


def test_the_staffs_own_rates_stay() -> None:
    assert with_event_rate(config_of(*MIXED), 600).events == STAFF


def test_a_longer_load_has_longer_phases() -> None:
    config = with_event_rate(config_of(*MIXED), 100, 60)
    assert [phase.seconds for phase in config.phases] == [10, 20, 20, 10]
    assert expected_events(config) == pytest.approx(6_000, rel=0.005)


@pytest.mark.parametrize(
    ("config", "rate", "found"),
    [
        (config_of(*MIXED), 5, "restocks and product edits alone"),
        (config_of(PhaseConfig(name="a", seconds=5), events=ShopEventsConfig()), 5, "no phase has purchases"),
        (config_of(*MIXED), 10_000_000, "phases.0.rate would be .*, and 100,000 is the limit"),
    ],
)
def test_a_rate_that_cannot_be_is_explained(config: WorldConfig, rate: float, found: str) -> None:
    with pytest.raises(ScenarioError, match=found):
        with_event_rate(config, rate)


def test_a_scenario_stays_what_it_was() -> None:
    class Titled(WorldConfig):
        title: str

    titled = Titled(title="Sale", channels=CHANNELS, phases=MIXED)
    scaled = with_event_rate(titled, 200)
    assert scaled.title == "Sale"


def test_the_size_of_bursts_that_a_phase_does_not_have_sets_no_bound() -> None:
    calm = PhaseConfig(name="calm", kind="poisson", seconds=5, rate=40)
    config = with_event_rate(config_of(calm), 100, 3_600 * 20)
    assert config.phases[0].burst_size == calm.burst_size
    assert expected_events(config) / (3_600 * 20) == pytest.approx(100, rel=0.005)
