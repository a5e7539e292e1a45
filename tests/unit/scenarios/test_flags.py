"""Flags scale a scenario and are checked like a file."""

import math
from collections.abc import Callable

import pytest

from stockstorm.scenarios import list_scenarios, load, with_flags
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.plan.planner import expected_events


def test_without_flags_the_scenario_is_the_same() -> None:
    scenario = load("steady")
    assert with_flags(scenario) is scenario


@pytest.mark.parametrize("name", [scenario.name for scenario in list_scenarios()])
@pytest.mark.parametrize("rate", [100.0, 1000.0])
def test_the_rate_is_in_events_a_second(name: str, rate: float) -> None:
    scaled = with_flags(load(name), rate=rate)
    assert expected_events(scaled) / scaled.load_s == pytest.approx(rate, rel=0.03)


def test_the_length_alone_keeps_the_rate() -> None:
    before = load("flash_sale")
    after = with_flags(before, seconds=13.0)
    assert after.load_s == pytest.approx(13.0)
    assert expected_events(after) == pytest.approx(expected_events(before) / 2, rel=0.03)


def test_a_scaled_scenario_can_be_scaled_and_stored_again() -> None:
    once = with_flags(load("flash_sale"), rate=300.0)
    again = with_flags(once, seconds=10.0)
    assert type(again).model_validate(again.model_dump(mode="json")) == again


def test_every_wrong_flag_is_reported_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        with_flags(load("steady"), rate=-1.0, seconds=math.inf)
    assert "--rate" in str(caught.value)
    assert "--seconds" in str(caught.value)


def test_a_load_cut_short_of_its_fault_is_reported(write: Callable[..., str]) -> None:
    scenario = load(write(add='[[faults]]\nkind = "kill_worker"\nat_s = 4.0\n'))
    with pytest.raises(ScenarioError, match=r"faults.0.at_s: 4 s, but the load ends at 2 s"):
        with_flags(scenario, seconds=2.0)


def test_a_rate_that_no_scaling_can_give_is_an_error_for_users() -> None:
    with pytest.raises(ScenarioError):
        with_flags(load("steady"), rate=0.5)


def test_the_oversell_bound_of_the_tier_follows_the_rate() -> None:
    flash_sale = load("flash_sale")
    bound, doubled = flash_sale.expect["oversell.units"], with_flags(flash_sale, rate=400.0).expect["oversell.units"]
    assert int(doubled.removeprefix("<= ")) > int(bound.removeprefix("<= "))


def test_a_bound_of_the_authors_own_stays() -> None:
    assert with_flags(load("steady"), rate=1000.0).expect == load("steady").expect
