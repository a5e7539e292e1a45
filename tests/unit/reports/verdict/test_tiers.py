"""Tiers: the whole interval decides, correctness comes first, and the reason names the basis."""

import math
from typing import Any

import pytest

from stockstorm.reports.result import Check, Interval, Verdict
from stockstorm.reports.verdict.tiers import FIRED, VISIBLE, best_tier, judge_tiers, judged_measure
from stockstorm.scenarios.loader import recorded
from tests.unit.reports.literal import check, correct_checks

PLAIN = recorded({})
WITH_MOOT = "sync_latency_ms.with_moot.p95"


def verdicts(interval: Interval | None, checks: tuple[Check, ...] | None = None, **more: Any) -> list[Verdict]:
    intervals = {} if interval is None else {FIRED: interval}
    found = judge_tiers(PLAIN, correct_checks() if checks is None else checks, {}, intervals, **more)
    return [tier.verdict for tier in found]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(1500, 1200, 1999), ["valid", "valid", "valid"]),
        (Interval(1500, 1200, 2000), ["valid", "valid", "unknown"]),
        (Interval(5000, 2000, 9000), ["valid", "valid", "invalid"]),
        (Interval(15_000, 10_000, 29_000), ["valid", "invalid", "invalid"]),
        (Interval(40_000, 31_000, math.inf), ["invalid", "invalid", "invalid"]),
        (Interval(1500, None, None), ["unknown", "unknown", "unknown"]),
        (Interval(math.inf, 1000, math.inf), ["invalid", "invalid", "invalid"]),
        (None, ["unknown", "unknown", "unknown"]),
    ],
)
def test_a_tier_needs_the_upper_end_of_the_interval_below_its_limit(
    interval: Interval | None, expected: list[Verdict]
) -> None:
    assert verdicts(interval) == expected


@pytest.mark.parametrize("name", ["nothing_lost", "applied_twice", "forged", "drift"])
def test_a_run_that_is_not_correct_qualifies_for_no_tier_however_fast(name: str) -> None:
    checks = (*(c for c in correct_checks() if c.name != name), check(name, "invalid", "it failed"))
    tiers = judge_tiers(PLAIN, checks, {}, {FIRED: Interval(10, 5, 15)})
    assert [tier.verdict for tier in tiers] == ["invalid"] * 3
    assert f"{name.replace('_', ' ')}: it failed" in tiers[0].reason
    assert best_tier(tiers) is None


def test_unknown_correctness_leaves_tiers_unknown() -> None:
    checks = (*correct_checks()[1:], check("nothing_lost", "unknown"))
    assert verdicts(Interval(10, 5, 15), checks) == ["unknown"] * 3
    assert verdicts(Interval(10, 5, 15), ()) == ["unknown"] * 3


def test_a_generator_that_was_late_leaves_tiers_unknown() -> None:
    assert verdicts(Interval(10, 5, 15), unreliable="the generator was late") == ["unknown"] * 3


@pytest.mark.parametrize("kind", ["delay", "reorder"])
def test_a_scenario_that_holds_deliveries_back_is_judged_from_visible_and_says_so(kind: str) -> None:
    perturbations = [{"kind": "duplicate", "share": 0.1}, {"kind": kind, "share": 0.1}]
    scenario = recorded({"perturbations": perturbations})
    intervals = {FIRED: Interval(60_000, 50_000, 70_000), VISIBLE: Interval(900, 800, 1000)}
    tiers = judge_tiers(scenario, correct_checks(), {}, intervals)
    assert judged_measure(scenario) == VISIBLE
    assert [tier.verdict for tier in tiers] == ["valid"] * 3
    assert "since this scenario holds deliveries back" in tiers[0].reason


@pytest.mark.parametrize("perturbations", [[], [{"kind": "duplicate"}], [{"kind": "drop"}], None])
def test_a_scenario_that_holds_no_delivery_back_is_judged_from_fired(perturbations: Any) -> None:
    assert judged_measure(recorded({"perturbations": perturbations})) == FIRED


@pytest.mark.parametrize("kinds", [["duplicate"], ["duplicate", "reorder"]])
def test_too_few_owed_pairs_leave_tiers_unknown(kinds: list[str]) -> None:
    scenario = recorded({"perturbations": [{"kind": kind} for kind in kinds]})
    stem = judged_measure(scenario).split(".")[0]
    intervals = {FIRED: Interval(10, 5, 15), VISIBLE: Interval(10, 5, 15)}
    few = judge_tiers(scenario, correct_checks(), {f"{stem}.owed": 25.0}, intervals)
    assert {(tier.verdict, tier.reason) for tier in few} == {
        ("unknown", "only 25 movements owed to a listing, 30 are needed")
    }
    enough = judge_tiers(scenario, correct_checks(), {f"{stem}.owed": 30.0}, intervals)
    assert {tier.verdict for tier in enough} == {"valid"}


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(60, 50, 70), ["valid", "valid", "valid"]),
        (Interval(1500, 1000, 2000), ["valid", "valid", "unknown"]),
        (Interval(15_000, 12_000, 31_000), ["unknown", "invalid", "invalid"]),
        (Interval(38_000, None, None), ["unknown", "unknown", "unknown"]),
    ],
)
def test_a_tier_also_needs_the_interval_with_moot_pairs_below_its_limit(
    interval: Interval, expected: list[Verdict]
) -> None:
    tiers = judge_tiers(PLAIN, correct_checks(), {}, {FIRED: Interval(100, 80, 120), WITH_MOOT: interval})
    assert [tier.verdict for tier in tiers] == expected
    assert ["moot" in tier.reason for tier in tiers] == [verdict != "valid" for verdict in expected]


def test_moot_pairs_never_help_a_subject() -> None:
    intervals = {FIRED: Interval(40_000, 31_000, 50_000), WITH_MOOT: Interval(50, 40, 60)}
    assert {tier.verdict for tier in judge_tiers(PLAIN, correct_checks(), {}, intervals)} == {"invalid"}


def test_the_best_tier_is_the_strictest_one_reached() -> None:
    tiers = judge_tiers(PLAIN, correct_checks(), {}, {FIRED: Interval(5000, 4000, 6000)})
    best = best_tier(tiers)
    assert best is not None
    assert best.tier == "under_10s"


def test_a_fast_subject_that_loses_events_ranks_below_a_slow_one_that_loses_none() -> None:
    lossy = (*(one for one in correct_checks() if one.name != "nothing_lost"), check("nothing_lost", "invalid"))
    fast = judge_tiers(PLAIN, lossy, {}, {FIRED: Interval(50, 40, 60)})
    slow = judge_tiers(PLAIN, correct_checks(), {}, {FIRED: Interval(25_000, 24_000, 26_000)})
    assert best_tier(fast) is None
    best = best_tier(slow)
    assert best is not None
    assert best.tier == "under_30s"


def test_being_wrong_outweighs_a_generator_that_was_late() -> None:
    lossy = (*(one for one in correct_checks() if one.name != "nothing_lost"), check("nothing_lost", "invalid"))
    assert verdicts(Interval(10, 5, 15), lossy, unreliable="the generator was late") == ["invalid"] * 3


def test_the_reason_of_a_tier_holds_quantile_and_interval() -> None:
    tiers = judge_tiers(PLAIN, correct_checks(), {}, {FIRED: Interval(1500, 1200, 1999)})
    assert "p95 1,500 ms (95 % interval 1,200 to 1,999)" in tiers[2].reason


def test_a_tier_stricter_than_the_scenarios_own_gets_a_remark() -> None:
    scenario = recorded({"name": "tier_50k_to_500k", "tier": "under_10s"})
    found = judge_tiers(scenario, correct_checks(), {}, {FIRED: Interval(1500, 1200, 1999)})
    assert ["smaller shop" in tier.reason for tier in found] == [False, False, True]
    assert [tier.verdict for tier in found] == ["valid"] * 3
