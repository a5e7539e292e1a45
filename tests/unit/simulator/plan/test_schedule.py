from itertools import pairwise

import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PhaseConfig
from stockstorm.simulator.plan import schedule
from stockstorm.simulator.seeds import Seeds


def arrivals(phase: PhaseConfig, seed: int = 1) -> list[int]:
    return list(schedule.arrivals_ns(phase, Seeds(seed).stream("arrivals 0")))


def test_constant_arrivals_are_evenly_spaced_and_exact_in_number() -> None:
    found = arrivals(PhaseConfig(name="a", kind="constant", seconds=10, rate=50))
    assert len(found) == 500
    assert {later - earlier for earlier, later in pairwise(found)} == {SECOND_NS // 50}


def test_a_constant_phase_goes_on_evenly_into_the_next_one() -> None:
    phase = PhaseConfig(name="a", kind="constant", seconds=2, rate=5)
    found = arrivals(phase)
    border_ns = schedule.length_ns(phase) + found[0] - found[-1]
    assert border_ns == SECOND_NS // 5


def test_a_ramp_gains_evenly_from_its_first_to_its_last_rate() -> None:
    found = arrivals(PhaseConfig(name="a", kind="ramp", seconds=10, rate=0, rate_to=100))
    per_second = [sum(second <= at // SECOND_NS < second + 1 for at in found) for second in range(10)]
    assert len(found) == 500
    assert per_second == [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]


def test_a_ramp_may_fall_to_nothing() -> None:
    found = arrivals(PhaseConfig(name="a", kind="ramp", seconds=10, rate=100, rate_to=0))
    assert len(found) == 500
    assert found == sorted(found)
    assert sum(at < 5 * SECOND_NS for at in found) == 375


def test_a_ramp_without_an_end_stays_level() -> None:
    level = arrivals(PhaseConfig(name="a", kind="ramp", seconds=4, rate=25))
    assert level == arrivals(PhaseConfig(name="a", kind="constant", seconds=4, rate=25))


def test_a_burst_falls_due_at_one_instant_and_bursts_are_spread_evenly() -> None:
    found = arrivals(PhaseConfig(name="a", kind="burst", seconds=9, bursts=3, burst_size=40))
    assert found == [0] * 40 + [3 * SECOND_NS] * 40 + [6 * SECOND_NS] * 40


def test_a_burst_phase_with_a_rate_has_traffic_between_its_bursts() -> None:
    phase = PhaseConfig(name="a", kind="burst", seconds=100, bursts=1, burst_size=10, rate=20)
    found = arrivals(phase)
    assert found[:10] == [0] * 10
    assert 1_800 < len(found) - 10 < 2_200
    assert schedule.arrival_count(phase) == 2_010


def test_poisson_arrivals_have_their_mean_and_its_variance() -> None:
    found = arrivals(PhaseConfig(name="a", kind="poisson", seconds=1_000, rate=20))
    per_second = [0] * 1_000
    for at in found:
        per_second[at // SECOND_NS] += 1
    mean = len(found) / 1_000
    variance = sum((count - mean) ** 2 for count in per_second) / 999
    assert mean == pytest.approx(20, rel=0.03)
    assert variance == pytest.approx(20, rel=0.15)


@pytest.mark.parametrize("kind", ["constant", "ramp", "poisson"])
def test_a_phase_without_a_rate_is_silent(kind: str) -> None:
    phase = PhaseConfig.model_validate({"name": "a", "kind": kind, "seconds": 5})
    assert arrivals(phase) == []
    assert schedule.arrival_count(phase) == 0


@pytest.mark.parametrize("kind", ["constant", "ramp", "burst", "poisson"])
def test_arrivals_are_sorted_integers_within_the_phase(kind: str) -> None:
    phase = PhaseConfig.model_validate({"name": "a", "kind": kind, "seconds": 0.37, "rate": 611.3, "rate_to": 3.1})
    found = arrivals(phase)
    assert found == sorted(found)
    assert all(type(at) is int and 0 <= at < schedule.length_ns(phase) for at in found)


def test_phases_follow_one_another_without_a_gap() -> None:
    phases = [
        PhaseConfig(name="a", seconds=1.5),
        PhaseConfig(name="b", seconds=0.25),
        PhaseConfig(name="c", seconds=10),
    ]
    assert schedule.starts_ns(phases) == (0, 1_500_000_000, 1_750_000_000, 11_750_000_000)
