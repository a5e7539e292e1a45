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


API = '[[api_faults]]\nkind = "{}"\n'


@pytest.mark.parametrize(
    ("add", "said"),
    [
        (FAULT + "1.0\ncount = 2\n", "faults.0.count: has no meaning for a fault at a time"),
        (FAULT + "1.0\nevery_s = 2.0\n", "faults.0.every_s: has no meaning for a fault at a time"),
        (FAULT + '1.0\non = "executed"\ntopics = ["order.created"]\n', "faults.0.topics: has no meaning for"),
        (FAULT + '1.0\non = "acknowledged"\ntopics = ["order.create"]\n', 'did you mean "order.created"?'),
        (FAULT + "1.0\n" + FAULT.replace("worker", "subject") + "1.5\n", "faults.1.at_s: 1.5 s, but kill_worker"),
        (API.format("slow") + 'api = "bazar"\n', "api_faults.0.api: unknown API 'bazar'"),
        (API.format("slow") + 'api = "online"\n', "api_faults.0.api: unknown API 'online'"),
        (API.format("rows_rejected") + 'api = "admin"\n', "the Admin API rejects no single rows"),
        (API.format("slow") + "from_s = 5.0\n", "api_faults.0.from_s: 5 s, but the load ends at 5 s"),
        (API.format("slow") + "from_s = 2.0\nuntil_s = 2.0\n", "api_faults.0.until_s: 2 s, but it begins at 2 s"),
        (
            API.format("server_error") + "seconds = 2.0\n",
            "api_faults.0.seconds: has no meaning for kind 'server_error'",
        ),
        (API.format("slo"), "api_faults.0.kind"),
        (API.format("slow") + "share = 0.0\n", "api_faults.0.share"),
    ],
)
def test_faults_that_mean_nothing_are_reported(complaint: Complaint, add: str, said: str) -> None:
    assert said in complaint(add=add)


@pytest.mark.parametrize(
    ("add", "said"),
    [
        ('[[channels]]\nname = "m1"\ncalls_burst = 3\n', "calls_burst: has no meaning without calls_per_s"),
        ('[[channels]]\nname = "m1"\ntells = "mail"\n', "tells"),
        ('[[channels]]\nname = "online"\nlag_s = 1.0\n', "lag_s: has no meaning for 'online'"),
    ],
)
def test_settings_of_a_channel_that_mean_nothing_are_reported(complaint: Complaint, add: str, said: str) -> None:
    assert said in complaint(add=add)


def test_faults_on_evidence_may_overlap_because_one_waits_for_another(write: Write) -> None:
    twice = FAULT + '1.0\non = "executed"\n' + FAULT + '1.0\non = "acknowledged"\ncount = 3\n'
    assert [fault.count for fault in load(write(add=twice)).faults] == [1, 3]


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
