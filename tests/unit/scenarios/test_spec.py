"""A scenario in compressed time explains how that affects its figures."""

from collections.abc import Callable

import pytest

from stockstorm.scenarios import load, with_flags
from stockstorm.scenarios.flags import with_api_faults, with_faults
from stockstorm.scenarios.spec import api_fault_notes, compression_notes, delivery_notes
from stockstorm.simulator.config import DeliveryConfig

Write = Callable[..., str]
Complaint = Callable[..., str]


def test_a_scenario_in_real_time_needs_no_note(write: Write) -> None:
    scenario = load(write())
    assert scenario.time_compression == 1
    assert compression_notes(scenario) == ()


def test_a_compressed_scenario_says_what_is_multiplied_and_what_is_not(write: Write) -> None:
    rates, latency, points = compression_notes(load(write(("title =", "time_compression = 1440.0\ntitle ="))))
    assert "each second of load stands for 1,440 of the shop's" in rates
    assert "sync latency and ack time are real" in latency
    assert "overstated by about 1,440 times" in latency
    assert "fewer" in points


@pytest.mark.parametrize("factor", ["0", "-1", "86401"])
def test_a_wrong_factor_is_reported(complaint: Complaint, factor: str) -> None:
    said = complaint(("title =", f"time_compression = {factor}\ntitle ="))
    assert f"time_compression: {factor} does not fit" in said


def test_a_day_in_half_the_time_is_compressed_twice_as_much() -> None:
    day = load("tier_under_50k")
    assert with_flags(day, seconds=day.load_s / 2).time_compression == pytest.approx(2 * day.time_compression)
    assert with_flags(day, rate=100.0).time_compression == pytest.approx(day.time_compression)


def test_real_time_stays_real_whatever_the_length() -> None:
    assert with_flags(load("flash_sale"), seconds=13.0).time_compression == 1


def test_a_report_notes_which_calls_fail() -> None:
    assert api_fault_notes(load("smoke")) == ()
    (note,) = api_fault_notes(load("failing_apis"))
    assert note.startswith("calls of the subject fail at the simulated APIs: 8 % server errors, 6 % server errors")
    assert note.endswith("30 % slow answers, 3 outages")
    (note,) = api_fault_notes(with_api_faults(load("smoke"), ["admin:dropped@1+1"]))
    assert note == "calls of the subject fail at the simulated APIs: an outage"


def test_faults_on_evidence_can_begin_until_the_end_of_the_load() -> None:
    crashes = load("crash_windows")
    assert crashes.faults_end_s == crashes.load_s + max(fault.restart_after_s for fault in crashes.faults)
    assert load("smoke").faults_end_s == 0.0
    assert with_faults(load("smoke"), ["kill_worker@2+1.5"]).faults_end_s == 3.5


def test_a_report_notes_how_deliveries_differ_from_shopify_s_default() -> None:
    scenario = load("outage_and_removal")
    (scaled,) = delivery_notes(scenario)
    assert scaled == "gaps between delivery retries are shortened: each is 0.000625 of Shopify's, to fit a short run"
    other = scenario.model_copy(update={"delivery": DeliveryConfig(removal="consecutive")})
    assert delivery_notes(other) == (
        "a subscription is removed after 8 failed attempts in a row, as one of Shopify's pages says",
    )
    assert delivery_notes(scenario.model_copy(update={"delivery": DeliveryConfig()})) == ()
