"""Text of numbers and times, with units."""

import math

import pytest
from msgspec.structs import replace

from stockstorm.reports.formats import (
    condition_text,
    duration_text,
    interval_text,
    measure_text,
    oversell_summary,
    tier_headline,
    tier_mark,
)
from stockstorm.reports.result import Interval, ThresholdOutcome
from stockstorm.reports.verdict.tiers import FIRED, NOT_RANKED, judge_tiers
from stockstorm.scenarios.loader import recorded
from tests.unit.reports.literal import check, correct_checks, golden_result

PLAIN = recorded({})


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0 ms"), (0.42, "0.42 ms"), (412.3, "412 ms"), (1840, "1.84 s"), (600_000, "10 min"), (math.inf, "never")],
)
def test_a_duration_has_the_unit_that_suits_it(ms: float, text: str) -> None:
    assert duration_text(ms) == text


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("sync_latency_ms.p95", 1840, "1.84 s"),
        ("sync_latency_ms.owed", 612, "612"),
        ("generator.lateness_ms.p99", 0.6, "0.6 ms"),
        ("crisis_time_s.total", 90, "90 s"),
        ("oversell.value", 250, "250.00 GBP"),
        ("delivery_success.first_try_share", 0.9932, "99.32 %"),
        ("oversell.bound_per_exposure", 0.125, "12.5 %"),
        ("delivery.offered_per_s", 1234.5, "1,234/s"),
        ("lost.events", 12_000, "12,000"),
        ("lost.events", None, "not measured"),
        ("order_latency_ms.max", math.inf, "never"),
    ],
)
def test_a_measure_is_shown_with_the_unit_in_its_name(measure: str, value: float | None, text: str) -> None:
    assert measure_text(measure, value, "GBP") == text


def test_an_interval_or_the_reason_for_its_absence_is_shown() -> None:
    assert interval_text(Interval(1, 900, 1500)) == "95 % interval 900 ms to 1.5 s"
    assert interval_text(Interval(1, None, None)) == interval_text(None) == "too little data for an interval"


@pytest.mark.parametrize(
    ("units", "exposures", "bound", "text"),
    [
        (0, 24, 0.125, "no oversell in 24 sell-outs across channels, so at most 12.5 % of them are oversold (at 95 %)"),
        (0, 1, 1.0, "no oversell in 1 sell-out across channels, so at most 100 % of them are oversold (at 95 %)"),
        (0, 0, None, "no oversell, but nothing sold out across channels, so this is weak evidence"),
        (1, 24, None, "1 unit oversold in 24 sell-outs across channels"),
        (7, 0, None, "7 units oversold in 0 sell-outs across channels"),
        (None, None, None, ""),
    ],
)
def test_oversells_are_summarized_with_a_bound_if_there_were_none(
    units: float | None, exposures: float | None, bound: float | None, text: str
) -> None:
    found = {"oversell.units": units, "oversell.exposures": exposures, "oversell.bound_per_exposure": bound}
    measures = {name: value for name, value in found.items() if value is not None}
    assert oversell_summary(replace(golden_result(), measures=measures)) == text


def test_the_headline_names_the_best_tier() -> None:
    assert tier_headline(golden_result()) == "qualifies for under 10 s"


@pytest.mark.parametrize(
    ("measure", "condition", "text"),
    [
        ("sync_latency_ms.p95", "< 2000", "< 2 s"),
        ("ack_time_ms.p99", "<= 500", "<= 500 ms"),
        ("oversell.units", "== 0", "== 0"),
        ("no.such_measure", "< 5", "< 5"),
        ("sync_latency_ms.p95", "unreadable", "unreadable"),
    ],
)
def test_a_condition_has_the_unit_of_its_measure(measure: str, condition: str, text: str) -> None:
    assert condition_text(ThresholdOutcome(measure, condition, 1.0, "valid", "")) == text


def test_an_interval_without_an_end_is_not_a_range() -> None:
    assert interval_text(Interval(math.inf, math.inf, math.inf)) == "95 % interval: never throughout"


def test_a_tier_of_a_run_that_is_not_correct_is_neutral() -> None:
    tiers = judge_tiers(PLAIN, (check("drift", "invalid", "it drifted"),), {}, {FIRED: Interval(10, 5, 15)})
    assert [(tier.verdict, tier_mark(tier)) for tier in tiers] == [("invalid", "not_exercised")] * 3
    assert tiers[0].reason == "not ranked, because the run is not correct: drift: it drifted"
    slow = judge_tiers(PLAIN, correct_checks(), {}, {FIRED: Interval(60_000, 50_000, 70_000)})
    assert [tier_mark(tier) for tier in slow] == ["invalid"] * 3


def test_a_run_without_a_tier_is_not_accused_of_more_than_that() -> None:
    (best, *_), none = golden_result().tiers, golden_result()
    slow = replace(best, verdict="invalid", reason="p95 12,000 ms (95 % interval 11,000 to 13,000)")
    assert tier_headline(replace(none, tiers=(slow,))) == "is slower than every tier allows"
    wrong = replace(slow, reason=f"{NOT_RANKED}drift: 2 listings")
    assert tier_headline(replace(none, tiers=(wrong,))) == "is not ranked by speed, because the run is not correct"
