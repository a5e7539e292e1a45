"""Thresholds: met, not met, infinite, not measured, or unknown."""

import math

import pytest
from msgspec.structs import replace

from stockstorm.reports.result import Interval, ThresholdOutcome
from stockstorm.reports.verdict.thresholds import in_words, judge_thresholds, judged_check
from stockstorm.simulator.errors import ScenarioError
from tests.unit.reports.literal import check

MEASURES = {"sync_latency_ms.p95": 1962.5, "oversell.units": 3.0, "ack_time_ms.p99": math.inf}
CHECKS = (
    check("sync_latency", measures={"sync_latency_ms.p95": 1962.5}),
    check("oversell", measures={"oversell.units": 3.0}),
    check("ack_time", measures={"ack_time_ms.p99": math.inf}),
)


def one(measure: str, condition: str, unreliable: str = "") -> ThresholdOutcome:
    (outcome,) = judge_thresholds({measure: condition}, CHECKS, MEASURES, {}, unreliable)
    return outcome


def test_a_threshold_that_holds_is_valid_and_one_that_does_not_is_invalid() -> None:
    assert one("sync_latency_ms.p95", "< 2000").verdict == "valid"
    broken = one("oversell.units", "<= 2")
    assert (broken.verdict, broken.found, broken.condition) == ("invalid", 3.0, "<= 2")
    assert broken.reason == "oversold units: 3, wanted <= 2"


def test_an_infinite_measure_breaks_an_upper_limit() -> None:
    outcome = one("ack_time_ms.p99", "< 1000")
    assert outcome.verdict == "invalid"
    assert "infinite" in outcome.reason


def test_a_measure_that_is_not_there_is_unknown() -> None:
    assert one("drift.listings", "== 0") == ThresholdOutcome(
        "drift.listings", "== 0", None, "unknown", "listings drifted: not measured"
    )


def test_a_measure_of_a_check_that_is_unknown_is_unknown_for_the_same_reason() -> None:
    thin = check("sync_latency", "unknown", "only 3 owed", {"sync_latency_ms.p95": 10.0})
    (outcome,) = judge_thresholds({"sync_latency_ms.p95": "< 2000"}, (thin,), {"sync_latency_ms.p95": 10}, {})
    assert (outcome.verdict, outcome.reason) == ("unknown", "only 3 owed")


def test_a_late_generator_makes_speeds_unknown_and_leaves_counts_alone() -> None:
    assert one("sync_latency_ms.p95", "< 2000", "the generator was late").verdict == "unknown"
    assert one("oversell.units", "<= 3", "the generator was late").verdict == "valid"


def test_a_late_generator_can_be_why_a_limit_on_oversells_is_broken() -> None:
    broken = one("oversell.units", "<= 2", "the generator was late")
    assert (broken.verdict, broken.found) == ("unknown", 3.0)
    assert broken.reason == (
        "oversold units: 3, wanted <= 2, but news came late to the service: the generator was late"
    )
    assert one("oversell.units", "<= 2").verdict == "invalid"


def test_a_late_generator_makes_throughput_unknown_and_leaves_other_counts_of_deliveries_alone() -> None:
    measures = {"delivery.throughput_per_s": 90.0, "delivery.unheard": 0.0}
    expect = {"delivery.throughput_per_s": ">= 80", "delivery.unheard": "== 0"}
    found = judge_thresholds(expect, (check("delivery", measures=measures),), measures, {}, "the generator was late")
    assert [line.verdict for line in found] == ["unknown", "valid"]


def test_the_reason_holds_the_interval() -> None:
    intervals = {"sync_latency_ms.p95": Interval(1962.5, 1400, math.inf)}
    (outcome,) = judge_thresholds({"sync_latency_ms.p95": "< 2000"}, CHECKS, MEASURES, intervals)
    assert outcome.reason.endswith("(95 % interval 1,400 to infinite)")


def test_a_condition_that_cannot_be_read_names_its_key() -> None:
    with pytest.raises(ScenarioError, match=r'expect\."oversell\.units"'):
        one("oversell.units", "few")


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("sync_latency_visible_ms.p95", "sync_latency"),
        ("crisis_time_s.total", "crisis_time"),
        ("oversell.bazaar.units", "oversell"),
        ("lost.events", "nothing_lost"),
        ("delivery_success.order.created.retries", "delivery_success"),
        ("nobody.declares", "nobody.declares"),
    ],
)
def test_a_measure_belongs_to_the_check_that_declares_it(measure: str, expected: str) -> None:
    assert judged_check(measure) == expected


@pytest.mark.parametrize("stem", ["sync_latency_ms", "sync_latency_visible_ms"])
def test_a_limit_that_holds_only_without_moot_pairs_is_broken(stem: str) -> None:
    found = {f"{stem}.p95": 100.0, f"{stem}.with_moot.p95": 30_000.0}
    owner = check("sync_latency", measures=found)
    slow, fast = (judge_thresholds({f"{stem}.p95": limit}, (owner,), found, {})[0] for limit in ("< 2000", "< 40000"))
    assert (slow.verdict, fast.verdict) == ("invalid", "valid")
    assert slow.found == 100.0
    assert "at least 30,000 ms with the changes that became moot" in slow.reason


def test_a_sync_latency_from_visible_needs_enough_pairs_that_the_subject_could_see() -> None:
    found = {"sync_latency_visible_ms.p95": 10.0, "sync_latency_ms.owed": 40.0, "sync_latency_visible_ms.owed": 29.0}
    owner = check("sync_latency", measures=found)
    (outcome,) = judge_thresholds({"sync_latency_visible_ms.p95": "< 2000"}, (owner,), found, {})
    assert (outcome.verdict, outcome.reason) == ("unknown", "only 29 movements owed to a listing, 30 are needed")


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [("< 20000", "unknown"), ("< 2000", "invalid"), ("> 2000", "valid"), ("> 20000", "unknown")],
)
def test_a_latency_with_work_pending_is_a_lower_bound(condition: str, verdict: str) -> None:
    """What is still pending has a latency of at least the time until the end. Only a broken limit is proven."""
    open_ = replace(check("sync_latency", measures={"sync_latency_ms.p95": 14_000.0}), at_least="5 were pending")
    (outcome,) = judge_thresholds({"sync_latency_ms.p95": condition}, (open_,), open_.measures, {})
    assert outcome.verdict == verdict
    assert outcome.reason.startswith("sync latency, p95: at least 14,000 ms, because 5 were pending")


def test_none_that_was_never_reflected_is_not_known_with_work_pending() -> None:
    open_ = replace(check("sync_latency", measures={"sync_latency_ms.never": 0.0}), at_least="5 were pending")
    (outcome,) = judge_thresholds({"sync_latency_ms.never": "== 0"}, (open_,), open_.measures, {})
    assert outcome.verdict == "unknown"


def test_reasons_name_measures_in_words() -> None:
    assert in_words("sync_latency_ms.p95") == "sync latency, p95"
    assert in_words("oversell.bazaar.units") == "oversold units of bazaar"
    assert in_words("not.declared") == "not.declared"
