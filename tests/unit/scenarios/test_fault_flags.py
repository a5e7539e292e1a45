"""Faults given on the command line."""

import pytest

from stockstorm.scenarios.flags import with_api_faults, with_faults
from stockstorm.scenarios.loader import load
from stockstorm.simulator.errors import ScenarioError


def test_a_fault_flag_adds_a_fault_with_time_and_restart() -> None:
    faults = with_faults(load("smoke"), ["kill_worker@1.5+0.5", "kill_receiver@2"]).faults
    assert [(fault.kind, fault.at_s, fault.restart_after_s) for fault in faults[-2:]] == [
        ("kill_worker", 1.5, 0.5),
        ("kill_receiver", 2.0, 1.0),
    ]


def test_no_flags_change_nothing() -> None:
    smoke = load("smoke")
    assert with_faults(smoke, []) == smoke


def test_every_wrong_flag_is_reported_at_once_with_what_to_write() -> None:
    with pytest.raises(ScenarioError) as caught:
        with_faults(load("smoke"), ["kill_worker", "explode@3"])
    assert "'kill_worker' does not fit" in str(caught.value)
    assert "'explode@3' does not fit" in str(caught.value)
    assert "kill_worker@10+2" in str(caught.value)


def test_a_fault_after_the_load_is_refused() -> None:
    with pytest.raises(ScenarioError):
        with_faults(load("smoke"), ["kill_worker@9999"])


@pytest.mark.parametrize("flags", [["kill_worker@2", "kill_worker@2.5"], ["kill_worker@3+0.5", "kill_worker@2+1"]])
def test_what_is_still_down_cannot_be_killed_again(flags: list[str]) -> None:
    with pytest.raises(ScenarioError, match="write more than 3"):
        with_faults(load("smoke"), flags)


def test_another_process_may_be_killed_meanwhile_and_the_same_one_later() -> None:
    flags = ["kill_worker@1", "kill_receiver@1.5", "kill_worker@2.5"]
    assert len(with_faults(load("smoke"), flags).faults) == len(load("smoke").faults) + 3


def test_an_api_fault_flag_is_an_outage_or_a_share_and_comes_before_those_of_the_scenario() -> None:
    added = with_api_faults(load("failing_apis"), ["admin:server_error@10+5", "throttled@1+2.5*0.2"]).api_faults[:2]
    assert [(one.kind, one.api, one.from_s, one.until_s, one.share) for one in added] == [
        ("server_error", "admin", 10.0, 15.0, 1.0),
        ("throttled", "all", 1.0, 3.5, 0.2),
    ]


@pytest.mark.parametrize(
    "flag", ["server_error", "server_error@3", "explode@3+1", "slow@1+1*2", "slow@1+1*0", "b-c:slow@1+1"]
)
def test_an_api_fault_that_does_not_fit_is_refused(flag: str) -> None:
    with pytest.raises(ScenarioError, match=r"write e\.g\. admin:server_error@10") as caught:
        with_api_faults(load("smoke"), [flag])
    assert repr(flag) in str(caught.value)


def test_an_api_fault_of_a_marketplace_that_the_scenario_lacks_is_refused() -> None:
    with pytest.raises(ScenarioError, match="unknown API 'amazon'"):
        with_api_faults(load("smoke"), ["amazon:slow@1+1"])
