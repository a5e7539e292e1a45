"""Guarantees of an architecture, and runs over an emulator's ceiling."""

from stockstorm.reports.compare.guarantees import correctness, judge_guarantees, over_ceiling, worst_checks
from stockstorm.reports.result import ThresholdOutcome
from tests.unit.reports.compared import result
from tests.unit.reports.literal import check

WHY = {"oversell": "between polls nobody tells it", "nothing_lost": "no webhook was asked for"}


def test_a_run_in_which_everything_holds_meets_its_guarantees() -> None:
    found = judge_guarantees(result(), {})
    assert (found.verdict, found.reasons, found.excused) == ("valid", (), frozenset())


def test_a_check_that_fails_breaks_the_guarantees_and_says_why() -> None:
    found = judge_guarantees(result([check("drift", "invalid", "6 listings were wrong")]), {})
    assert (found.verdict, found.reasons) == ("invalid", ("drift: 6 listings were wrong",))


def test_what_an_architecture_cannot_pass_is_excused() -> None:
    over = ThresholdOutcome("oversell.units", "<= 74", 90.0, "invalid", "90 units")
    checks = [check("oversell", "valid", "", {"oversell.units": 90.0}), check("nothing_lost", "unknown", "no ack")]
    found = judge_guarantees(result(checks, [over]), WHY)
    assert (found.verdict, found.excused) == ("valid", frozenset({"oversell", "nothing_lost"}))


def test_the_same_threshold_counts_where_it_is_not_excused() -> None:
    over = ThresholdOutcome("oversell.units", "<= 74", 90.0, "invalid", "90 units")
    found = judge_guarantees(result([check("oversell", "valid", "", {"oversell.units": 90.0})], [over]), {})
    assert (found.verdict, found.reasons) == ("invalid", ("oversell: 90 units",))


def test_a_required_check_that_could_not_be_judged_leaves_it_open() -> None:
    assert judge_guarantees(result([check("generator", "unknown", "late")]), {}).verdict == "unknown"
    assert judge_guarantees(result([check("crisis_time", "unknown", "no fast mover")]), {}).verdict == "valid"


def test_the_worst_finding_of_all_seeds_counts() -> None:
    worst = worst_checks([result(), result([check("drift", "invalid", "wrong")]), result()], {})
    assert {found.name: found.verdict for found in worst}["drift"] == "invalid"
    assert correctness(worst) == "invalid"


def test_an_excused_check_without_data_counts_as_correct_and_a_failed_one_does_not() -> None:
    assert correctness(worst_checks([result([check("nothing_lost", "unknown")])], WHY)) == "valid"
    assert correctness(worst_checks([result([check("nothing_lost", "invalid")])], WHY)) == "invalid"
    assert correctness(worst_checks([result([check("nothing_lost", "unknown")])], {})) == "unknown"
    assert correctness(()) == "unknown"


def test_a_plan_over_the_ceiling_names_the_emulator() -> None:
    reason = over_ceiling(120.0, {"Amazon SQS played by moto, in memory": 35.0})
    assert reason.startswith(
        "the plan has 120 events/s in its busiest 5 s, more than the 35/s of the emulator (Amazon SQS"
    )
    assert reason.endswith("so the run measures the emulator and not the architecture")


def test_a_plan_under_the_ceiling_or_without_one_gives_no_reason() -> None:
    assert over_ceiling(30.0, {"moto": 35.0}) == ""
    assert over_ceiling(9_999.0, {}) == ""
