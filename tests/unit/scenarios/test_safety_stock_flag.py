"""Safety stock given on the command line."""

import pytest

from stockstorm.scenarios.flags import with_safety_stock
from stockstorm.scenarios.loader import load
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.plan.planner import make_plan


def test_the_flag_replaces_the_scenarios_own_safety_stock() -> None:
    assert with_safety_stock(load("smoke"), 3).subject.safety_stock == 3


def test_no_flag_changes_nothing() -> None:
    smoke = load("smoke")
    assert with_safety_stock(smoke, None) == smoke


def test_the_plan_does_not_depend_on_it() -> None:
    digests = {make_plan("smoke", with_safety_stock(load("smoke"), units), 7).digest() for units in (None, 0, 5)}
    assert len(digests) == 1


@pytest.mark.parametrize("units", [-1, 10_001])
def test_one_that_does_not_fit_is_refused_with_what_to_write(units: int) -> None:
    with pytest.raises(ScenarioError) as caught:
        with_safety_stock(load("smoke"), units)
    assert f"--safety-stock: {units} does not fit" in str(caught.value)
    assert "a whole number from 0 to 10000" in str(caught.value)
