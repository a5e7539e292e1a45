"""The overall verdict, its reasons in order of importance, and a whole history judged."""

import pytest
from msgspec.structs import replace

from stockstorm.reports.checkers import REQUIRED
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Result, ThresholdOutcome, Verdict
from stockstorm.reports.verdict.by_rest import rest_notes
from stockstorm.reports.verdict.judge import (
    NO_CALL,
    call_notes,
    classes_of,
    interrupted,
    judge,
    overall,
    rests_on,
    undecided,
    version_notes,
)
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, RunEnded, RunStarted, VersionAsked
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import history as literal
from tests.literal_history import ns, started
from tests.unit.reports.literal import check, correct_checks, run_started
from tests.unit.reports.synthetic import flash_sale


def replaced(*new: Check) -> tuple[Check, ...]:
    names = {one.name for one in new}
    return (*(one for one in correct_checks() if one.name not in names), *new)


def threshold(measure: str, verdict: Verdict) -> ThresholdOutcome:
    return ThresholdOutcome(measure, "< 1", 2.0, verdict, f"{measure} is {verdict}")


def test_a_run_in_which_everything_holds_is_valid_without_reasons() -> None:
    assert overall("", correct_checks(), ()) == ("valid", ())


def test_reasons_come_with_correctness_before_speed() -> None:
    checks = replaced(check("drift", "invalid"), check("ack_time", "invalid"), check("nothing_lost", "invalid"))
    verdict, reasons = overall("", checks, (threshold("oversell.units", "invalid"),))
    assert verdict == "invalid"
    assert reasons == (
        "nothing_lost is invalid",
        "drift is invalid",
        "oversell.units is invalid",
        "ack_time is invalid",
    )


@pytest.mark.parametrize("name", REQUIRED)
def test_a_structural_check_that_is_unknown_or_missing_leaves_the_run_unknown(name: str) -> None:
    assert overall("", replaced(check(name, "unknown")), ()) == ("unknown", (f"{name} is unknown",))
    without = tuple(one for one in correct_checks() if one.name != name)
    assert overall("", without, ()) == ("unknown", (f"{name}: this check is missing",))


def test_a_measure_without_a_threshold_may_be_unknown() -> None:
    assert overall("", replaced(check("sync_latency", "unknown")), ())[0] == "valid"


def test_a_check_whose_case_the_scenario_promises_must_be_known() -> None:
    checks = replaced(check("poison", "unknown"))
    assert overall("", checks, ())[0] == "valid"
    assert overall("", checks, (), frozenset({"poison"})) == ("unknown", ("poison is unknown",))


def test_a_check_that_is_unknown_and_decides_nothing_is_named() -> None:
    checks = replaced(check("trend", "unknown"), check("sync_latency", "unknown"), check("drift", "unknown"))
    required = rests_on((threshold("sync_latency_ms.p95", "unknown"),))
    assert undecided(checks, required) == ("trend",)


def test_a_measure_with_a_threshold_must_be_known() -> None:
    verdict, _ = overall("", correct_checks(), (threshold("sync_latency_ms.p95", "unknown"),))
    assert verdict == "unknown"


def test_invalid_outweighs_unknown() -> None:
    checks = replaced(check("drift", "invalid"), check("nothing_lost", "unknown"))
    assert overall("", checks, ()) == ("invalid", ("drift is invalid", "nothing_lost is unknown"))


def test_a_history_without_an_end_is_unknown_throughout() -> None:
    facts: list[AnyFact] = [fact for fact in flash_sale() if not isinstance(fact, RunEnded)]
    found = judge(History.of(facts))
    assert found.verdict == "unknown"
    assert found.reasons[0] == "the run was interrupted: its history has no end"
    assert {one.verdict for one in found.checks} == {"unknown"}
    assert {tier.verdict for tier in found.tiers} == {"unknown"}
    assert {line.verdict for line in found.thresholds} == {"unknown"}


def test_a_run_that_stopped_at_a_limit_says_why() -> None:
    cut = History.of([run_started(), RunEnded(2_000_000_000, False, "memory limit of 6 GB")])
    assert interrupted(cut) == "the run did not complete: memory limit of 6 GB"


def test_a_result_names_its_run(history: History, result: Result) -> None:
    started = history.all(RunStarted)[0]
    assert (result.run, result.scenario, result.seed, result.replay) == (
        started.run, "flash_sale", 7, started.replay,
    )  # fmt: skip
    assert result.notes[0] == "retry gaps shortened 20 times"


def test_the_synthetic_flaws_are_found_in_order_of_importance(result: Result) -> None:
    assert result.verdict == "invalid"
    assert [reason.split(":")[0] for reason in result.reasons[:2]] == ["nothing_lost", "applied_twice"]
    assert {tier.verdict for tier in result.tiers} == {"invalid"}


def test_judging_twice_gives_the_same_result(history: History, result: Result) -> None:
    assert judge(History.of(history.facts)) == result


def test_event_classes_are_read_from_the_measures() -> None:
    checks = (check("event_classes", measures={"event_classes.acknowledged.once": 3.0, "event_classes.fired": 3.0}),)
    assert classes_of(checks) == {"acknowledged": {"once": 3}}


def test_event_classes_of_a_run_sum_up_to_the_events_fired(result: Result) -> None:
    fired = result.measures["event_classes.fired"]
    assert sum(sum(row.values()) for row in result.event_classes.values()) == fired


def call(request: int, api: str = "admin", outcome: ApiOutcome = "ok") -> AnyFact:
    return ApiCalled(ns(request), request, api, "", 200, outcome)


def test_a_subject_that_calls_with_the_right_tokens_needs_no_note() -> None:
    assert call_notes(literal(call(0), call(1, "bazaar"))) == ()


def test_the_note_on_a_subject_that_never_calls_comes_first() -> None:
    assert judge(literal(started())).notes[0] == NO_CALL


def test_the_versions_that_the_subject_spoke_are_named_and_one_that_is_retired_says_who_answered() -> None:
    new, old = VersionAsked(ns(1), "2026-10", "2026-10"), VersionAsked(ns(2), "2024-01", "2025-10")
    assert version_notes(literal(new)) == ("the subject spoke Admin API 2026-10",)
    assert version_notes(literal(old, VersionAsked(ns(3), "", "2025-10"))) == (
        "the subject asked for Admin API 2024-01, which is answered as 2025-10, the oldest that is served",
        "the subject asked for no version of the Admin API, which is answered as 2025-10, the oldest that is served",
    )
    assert version_notes(literal(started())) == ()
    assert "the subject spoke Admin API 2026-10" in judge(literal(started(), new)).notes


def test_calls_with_a_wrong_token_are_counted_for_each_side() -> None:
    admin = [call(request, outcome="denied") for request in range(3)]
    assert call_notes(literal(*admin, call(3), call(4, "marketplaces", "denied"))) == (
        "3 of 4 calls to the Admin API came with a wrong token (401)",
        "1 of 1 call to the marketplaces' APIs came with a wrong token (401)",
    )


def test_calls_by_rest_are_counted_among_those_of_the_admin_api() -> None:
    rest = replace(call(0), operation="REST GET inventory_levels")
    (note,) = rest_notes(literal(rest, call(1), call(2, "bazaar")))
    assert note.startswith("1 of 2 calls to the Admin API came by REST: REST is legacy since 2024-10-01")
    assert note in judge(literal(started(), rest, call(1), call(2, "bazaar"))).notes
    assert rest_notes(literal(call(0))) == ()
