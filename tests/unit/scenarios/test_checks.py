"""Relations between keys of a scenario file, each broken once."""

from collections.abc import Callable

import pytest

from stockstorm.scenarios import load

Write = Callable[..., str]
Complaint = Callable[..., str]

FAULT = '[[faults]]\nkind = "kill_worker"\nat_s = '


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "online"', 'name = "onlin"', "channels: none is named 'online'"),
        ('name = "bazaar"', 'name = "online"', "channels.1.name: 'online' is used twice"),
        ("hot_skus = 2", "", "phases.0.hot_share: 0.5, but there are no hot SKUs"),
        ("hot_skus = 2", "hot_skus = 11", "shop.hot_skus: 11 of only 10 SKUs"),
        ("rate = 2.0", 'rate = 2.0\nkind = "ramp"', "phases.0.rate_to: missing for a ramp"),
        ("rate = 2.0", "rate = 2.0\nrate_to = 3.0", "phases.0.rate_to: has no meaning for kind 'poisson'"),
        ("rate = 2.0", 'kind = "burst"', "phases.0.burst_size: missing for bursts"),
        ("rate = 2.0", "bursts = 3", "phases.0.bursts: has no meaning for kind 'poisson'"),
        ("skus = 10\nhot_skus = 2", "skus = 1\nhot_skus = 1", "orders.lines_max: 2 with only 1 SKUs"),
    ],
)
def test_keys_that_do_not_fit_each_other_are_reported(complaint: Complaint, old: str, new: str, said: str) -> None:
    assert said in complaint((old, new))


def test_a_fault_after_the_load_is_reported_with_the_length_of_the_load(complaint: Complaint) -> None:
    said = complaint(add=FAULT + "5.0\n")
    assert "faults.0.at_s: 5 s, but the load ends at 5 s" in said


def test_a_fault_within_the_load_is_accepted(write: Write) -> None:
    assert load(write(add=FAULT + "4.9\n")).faults[0].at_s == 4.9


def test_an_unknown_topic_gets_a_similar_one_suggested(complaint: Complaint) -> None:
    said = complaint(add='[[perturbations]]\nkind = "delay"\nshare = 0.1\ntopics = ["orders/paid", "order.create"]\n')
    assert "perturbations.0.topics.1" in said
    assert 'did you mean "order.created"?' in said


@pytest.mark.parametrize("text", ["<2000ms", "2000", "= 3", "< x", ""])
def test_a_bad_condition_is_reported_under_its_measure(complaint: Complaint, text: str) -> None:
    said = complaint(add=f'[expect]\n"oversell.units" = "{text}"\n')
    assert 'expect."oversell.units"' in said


def test_a_bursting_phase_with_sizes_is_accepted(write: Write) -> None:
    scenario = load(write(("rate = 2.0", 'kind = "burst"\nbursts = 2\nburst_size = 5')))
    assert (scenario.phases[0].bursts, scenario.phases[0].burst_size) == (2, 5)
