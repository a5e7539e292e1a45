"""The scenario of an outage with removals: its times fit one another, whatever the seed."""

from stockstorm.scenarios import load
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.delivery.policy import make_policy

SCENARIO = load("outage_and_removal")


def test_the_retries_run_out_within_the_outage_and_not_again_before_the_service_is_back() -> None:
    (fault,) = SCENARIO.faults
    delivery = SCENARIO.delivery
    policy = make_policy(delivery.policy, delivery.retry_time_scale, delivery.removal)
    retries_s = sum(policy.gaps_ns) / SECOND_NS
    assert fault.restart_after_s / 2 < retries_s < fault.restart_after_s


def test_a_check_of_the_subscriptions_comes_in_time_to_show_what_follows() -> None:
    (fault,) = SCENARIO.faults
    left_s = SCENARIO.load_s - fault.at_s - fault.restart_after_s
    assert SCENARIO.subject.subscription_check_s <= left_s / 2
    assert SCENARIO.events.restocks_per_s * SCENARIO.subject.subscription_check_s >= 10, (
        "changes that nobody is told of"
    )
