"""From literal runs to the whole comparison: empty, one subject, two, unknown, incomplete."""

import math
import random

import msgspec
import pytest

from stockstorm.reports.compare.build import combined, compare
from stockstorm.reports.compare.comparison import LOST, OVERSOLD, P50, P95, Comparison, FailedRun, Key
from stockstorm.reports.compare.run_summary import busiest_per_s
from stockstorm.reports.result import Interval
from stockstorm.simulator.clock import SECOND_NS
from tests.unit.reports.compared import SECONDS, SUBJECTS, matrix, run_summary
from tests.unit.reports.literal import check

SEEDS = (1, 2, 3)
ONE_SEED = (
    "Every subject ran the same plan. With one seed, intervals of latency hold for this plan only. "
    "Intervals of counts take 3 seeds."
)


def test_without_runs_the_verdict_is_unknown_and_there_is_no_ranking() -> None:
    found = compare(matrix("queue"), SUBJECTS, [], [], {})
    at_rate = found.by_rate[0]
    assert (found.verdict, found.complete) == ("unknown", False)
    assert at_rate.headline == "No subject is known to be correct, so there is no ranking"
    assert at_rate.entries[0].measures == {}
    assert at_rate.findings[0] == "queue has no run: not started yet"


def test_a_single_subject_has_no_differences() -> None:
    found = compare(matrix("queue"), SUBJECTS, [run_summary("queue", 120.0)], [], {})
    entry = found.by_rate[0].entries[0]
    assert (found.verdict, found.complete, entry.rank) == ("valid", True, 1)
    assert found.by_rate[0].headline == "queue is the only subject"
    assert entry.measures[P95] == Interval(120.0, 120.0, 120.0)
    assert entry.differences == {}


def test_two_subjects_are_ranked_by_latency_with_their_differences() -> None:
    runs = [run_summary("polling", 9_000.0, oversold=40.0, lost=3.0), run_summary("queue", 300.0, oversold=2.0)]
    found = compare(matrix("polling", "queue"), SUBJECTS, runs, [], {})
    at_rate = found.by_rate[0]
    assert [(entry.label, entry.rank) for entry in at_rate.entries] == [("queue", 1), ("polling", 2)]
    assert at_rate.headline == "queue is best"
    assert at_rate.findings == (
        "Its sync latency p95 is 300 ms (300 to 300 ms), 30 times faster than polling, the next.",
        "Fewest oversold units per run: 2 (queue; 0 lost). Most: 40 (polling; 3 lost).",
        ONE_SEED,
    )
    assert at_rate.entries[0].differences[P95] == Interval(-8_700.0, None, None)
    assert at_rate.entries[0].differences[OVERSOLD] == Interval(-38.0, None, None)


def test_tiers_follow_the_pooled_latency() -> None:
    runs = [run_summary("polling", 9_000.0), run_summary("queue", 300.0)]
    entries = compare(matrix("polling", "queue"), SUBJECTS, runs, [], {}).by_rate[0].entries
    assert [[tier.verdict for tier in entry.tiers] for entry in entries] == [
        ["valid", "valid", "valid"],
        ["valid", "valid", "invalid"],
    ]


def test_a_run_whose_moot_pairs_were_wrong_for_longer_than_a_tier_allows_leaves_that_tier_unknown() -> None:
    fast, hung = run_summary("queue", 300.0), run_summary("queue", 300.0, seed=2)
    hung = msgspec.structs.replace(hung, measures=hung.measures | {"sync_latency_ms.with_moot.p95": 12_000.0})
    (entry,) = compare(matrix("queue", seeds=(1, 2)), SUBJECTS, [fast, hung], [], {}).by_rate[0].entries
    assert [tier.verdict for tier in entry.tiers] == ["valid", "unknown", "unknown"]


def test_a_subject_of_which_no_tier_is_known_is_told_why() -> None:
    runs = [run_summary("polling", 300.0), run_summary("queue", 400.0)]
    runs = [msgspec.structs.replace(run, sync=run.sync[:10]) for run in runs]
    at_rate = compare(matrix("polling", "queue"), SUBJECTS, runs, [], {}).by_rate[0]
    assert [{tier.verdict for tier in entry.tiers} for entry in at_rate.entries] == [{"unknown"}, {"unknown"}]
    (told,) = [sentence for sentence in at_rate.findings if sentence.startswith("No tier is known of ")]
    assert told.startswith("No tier is known of polling and queue: only 10 movements owed to a listing, ")


def test_a_subject_that_is_not_correct_is_not_ranked_by_speed() -> None:
    wrong = check("applied_twice", "invalid", "3 orders were applied twice")
    runs = [run_summary("webhook", 10.0, checks=[wrong]), run_summary("queue", 900.0)]
    found = compare(matrix("webhook", "queue"), SUBJECTS, runs, [], {})
    at_rate = found.by_rate[0]
    assert found.verdict == "invalid"
    assert [(entry.label, entry.rank) for entry in at_rate.entries] == [("queue", 1), ("webhook", None)]
    said = "webhook is not correct, so it is not ranked by speed: seed 1: applied_twice: 3 orders were applied twice"
    assert said in at_rate.findings


def test_seeds_are_pooled_for_latency_and_averaged_for_counts() -> None:
    runs = [run_summary("queue", 100.0 * seed, seed=seed, oversold=float(seed), lost=4.0) for seed in SEEDS]
    entry = compare(matrix("queue", seeds=SEEDS), SUBJECTS, runs, [], {}).by_rate[0].entries[0]
    assert entry.value(P50) == 200.0
    assert entry.value(P95) == 300.0
    assert entry.measures[OVERSOLD].value == 2.0
    assert entry.measures[OVERSOLD].high == pytest.approx(2 + 4.303 / math.sqrt(3))
    assert entry.measures[LOST] == Interval(4.0, None, None)
    assert (entry.owed, entry.exposures, entry.bound_per_exposure) == (3 * SECONDS, 60, None)


def test_no_oversell_has_a_bound_by_the_rule_of_three() -> None:
    runs = [run_summary("queue", seed=seed) for seed in SEEDS]
    entry = compare(matrix("queue", seeds=SEEDS), SUBJECTS, runs, [], {}).by_rate[0].entries[0]
    assert entry.bound_per_exposure == pytest.approx(3 / 60)


def test_a_difference_on_all_seeds_is_significant_although_seeds_differ_more() -> None:
    runs = [run_summary("queue", 100.0 * seed, seed=seed) for seed in SEEDS]
    runs += [run_summary("webhook", 100.0 * seed + 10 + seed, seed=seed) for seed in SEEDS]
    entries = compare(matrix("queue", "webhook", seeds=SEEDS), SUBJECTS, runs, [], {}).by_rate[0].entries
    assert [(entry.label, entry.rank) for entry in entries] == [("queue", 1), ("webhook", 2)]


def hard_seed_missed_by_queue() -> Comparison:
    """On every common seed, webhook is faster and oversells less. Only webhook has a run of the hard seed."""
    failed = FailedRun(Key("queue", 3, None, 0), "queue: it died")
    runs = [run_summary("queue", 110.0, seed=seed, oversold=3.0) for seed in (1, 2)]
    runs += [run_summary("webhook", 100.0, seed=seed, oversold=2.0) for seed in (1, 2)]
    runs += [run_summary("webhook", 9_000.0, seed=3, oversold=90.0)]
    return compare(matrix("queue", "webhook", seeds=SEEDS), SUBJECTS, runs, [failed], {})


def test_a_subject_without_a_run_of_every_seed_is_not_ranked() -> None:
    at_rate = hard_seed_missed_by_queue().by_rate[0]
    assert [(entry.label, entry.rank) for entry in at_rate.entries] == [("webhook", 1), ("queue", None)]
    assert at_rate.headline == "Only webhook can be ranked"
    assert at_rate.findings == (
        "Its sync latency p95 is 9 s (9 to 9 s).",
        "Fewest oversold units per run: 31.3 (webhook; 0 lost).",
        "queue is not ranked, because it has runs of 2 of 3 seeds: queue: it died",
        "Only webhook ran all 3 plans.",
    )


def test_while_no_subject_has_a_run_of_every_seed_there_is_no_ranking() -> None:
    runs = [run_summary(subject, seed=seed) for subject in ("queue", "webhook") for seed in (1, 2)]
    at_rate = compare(matrix("queue", "webhook", seeds=SEEDS), SUBJECTS, runs, [], {}).by_rate[0]
    assert [entry.rank for entry in at_rate.entries] == [None, None]
    assert at_rate.headline == "No correct subject has a run of every seed yet, so there is no ranking"
    assert at_rate.findings == (
        "queue is not ranked, because it has runs of 2 of 3 seeds so far",
        "webhook is not ranked, because it has runs of 2 of 3 seeds so far",
        "No subject ran all 3 plans.",
    )


@pytest.mark.parametrize("jitter_ms", [0.0, 1.0], ids=["equal differences", "differences with an interval"])
def test_a_subject_that_is_faster_on_every_seed_is_not_ranked_behind_for_its_pooled_latency(jitter_ms: float) -> None:
    """webhook is 10 ms faster on each seed, but was owed most of its changes on the hard one."""
    easy, hard = {1: 200, 2: 200, 3: 5}, {1: 5, 2: 5, 3: 200}
    base = {1: 100.0, 2: 100.0, 3: 1_000.0}
    runs = [run_summary("queue", [base[seed] + 10 + jitter_ms * seed] * easy[seed], seed=seed) for seed in SEEDS]
    runs += [run_summary("webhook", [base[seed]] * hard[seed], seed=seed) for seed in SEEDS]
    entries = compare(matrix("webhook", "queue", seeds=SEEDS), SUBJECTS, runs, [], {}).by_rate[0].entries
    assert [(entry.label, entry.rank) for entry in entries] == [("queue", 1), ("webhook", 1)]


def test_a_significant_but_small_lead_is_called_small() -> None:
    runs = [run_summary("queue", 300.0 + seed, seed=seed) for seed in SEEDS]
    runs += [run_summary("webhook", 305.0 + 1.1 * seed, seed=seed) for seed in SEEDS]
    runs += [run_summary("polling", 9_000.0 + seed, seed=seed) for seed in SEEDS]
    at_rate = compare(matrix("polling", "queue", "webhook", seeds=SEEDS), SUBJECTS, runs, [], {}).by_rate[0]
    assert [(entry.label, entry.rank) for entry in at_rate.entries] == [("queue", 1), ("webhook", 2), ("polling", 3)]
    assert at_rate.headline == "queue leads by 5.3 ms; the first 2 do not differ in practice"
    assert at_rate.findings[0].endswith(", 5.3 ms ahead of webhook, the next.")


def test_entries_that_differ_by_chance_share_a_rank() -> None:
    rng = random.Random(4)
    one, other = ([rng.uniform(50.0, 500.0) for _ in range(SECONDS)] for _ in range(2))
    at_rate = compare(
        matrix("queue", "webhook"), SUBJECTS, [run_summary("queue", one), run_summary("webhook", other)], [], {}
    ).by_rate[0]
    assert at_rate.entries[0].value(P95) != at_rate.entries[1].value(P95)
    assert [entry.rank for entry in at_rate.entries] == [1, 1]
    assert at_rate.headline.endswith("do not differ significantly")


def test_runs_too_short_for_an_interval_are_not_ranked() -> None:
    runs = [run_summary("queue", [25.0] * 5), run_summary("polling", [9_000.0] * 5)]
    at_rate = compare(matrix("queue", "polling"), SUBJECTS, runs, [], {}).by_rate[0]
    assert [entry.rank for entry in at_rate.entries] == [1, 1]
    assert at_rate.headline == "queue and polling have too little data to be ranked"


def test_a_plan_over_the_emulators_ceiling_is_unknown_and_names_it() -> None:
    wrong = check("nothing_lost", "invalid", "the emulator dropped some")
    run = run_summary("queue", 100.0, checks=[wrong], busiest_per_s=80.0, ceilings={"Amazon SQS played by moto": 35.0})
    found = compare(matrix("queue"), SUBJECTS, [run], [], {})
    entry = found.by_rate[0].entries[0]
    assert (found.verdict, entry.verdict, entry.correct, entry.rank) == ("unknown", "unknown", "unknown", None)
    assert "Amazon SQS played by moto" in entry.over_ceiling
    assert entry.reasons == (entry.over_ceiling,)
    assert [one.verdict for one in entry.runs] == ["unknown"]
    assert {tier.verdict for tier in entry.tiers} == {"unknown"}


def test_a_run_that_failed_leaves_its_subject_unknown_with_the_error() -> None:
    failed = FailedRun(Key("webhook", 1, None, 0), "webhook: it does not answer")
    found = compare(matrix("queue", "webhook"), SUBJECTS, [run_summary("queue")], [failed], {})
    entries = found.by_rate[0].entries
    assert (found.verdict, found.complete) == ("unknown", False)
    assert (entries[1].label, entries[1].verdict, entries[1].failed) == ("webhook", "unknown", (failed,))
    assert "webhook has no run: webhook: it does not answer" in found.by_rate[0].findings
    assert found.by_rate[0].headline == "Only queue can be ranked"


def test_a_leader_beside_unranked_subjects_leads_the_ranked_ones() -> None:
    drowned = run_summary("webhook", 10.0, busiest_per_s=80.0, ceilings={"moto": 35.0})
    runs = [drowned, run_summary("polling", 9_000.0), run_summary("queue", 300.0)]
    at_rate = compare(matrix("polling", "webhook", "queue"), SUBJECTS, runs, [], {}).by_rate[0]
    assert at_rate.headline == "queue leads the ranked subjects"
    assert [(entry.label, entry.rank) for entry in at_rate.entries] == [("queue", 1), ("polling", 2), ("webhook", None)]


def test_an_incomplete_comparison_states_how_many_seeds_were_run() -> None:
    runs = [run_summary("queue", seed=seed) for seed in (1, 2)]
    entry = compare(matrix("queue", seeds=SEEDS), SUBJECTS, runs, [], {}).by_rate[0].entries[0]
    assert (entry.verdict, entry.reasons) == ("unknown", ("2 of 3 seeds were run",))


def test_each_safety_stock_is_an_entry() -> None:
    runs = [run_summary("queue", stock=0, oversold=4.0), run_summary("queue", stock=2, lost=9.0)]
    found = compare(matrix("queue", stocks=(0, 2)), SUBJECTS, runs, [], {})
    assert found.base == "queue, safety stock 0"
    by_label = {entry.label: entry for entry in found.by_rate[0].entries}
    assert by_label["queue, safety stock 2"].differences[LOST] == Interval(9.0, None, None)


def test_changes_never_reflected_are_counted_and_make_quantiles_infinite() -> None:
    run = run_summary("queue", [100.0] * (SECONDS - 3) + [math.inf] * 3)
    entry = compare(matrix("queue"), SUBJECTS, [run], [], {}).by_rate[0].entries[0]
    assert (entry.never, entry.value(P95)) == (3, math.inf)
    assert max(ms for _, ms in entry.curve) == 100.0


def test_every_rate_has_the_digest_of_each_plan() -> None:
    runs = [run_summary("queue", seed=seed) for seed in (1, 2)]
    assert compare(matrix("queue", seeds=(1, 2)), SUBJECTS, runs, [], {}).by_rate[0].plans == {1: "9f2c", 2: "9f2c"}


def test_invalid_outweighs_unknown_and_both_outweigh_valid() -> None:
    assert combined(["valid", "unknown", "invalid"]) == "invalid"
    assert combined(["valid", "unknown"]) == "unknown"
    assert combined([]) == "unknown"
    assert combined(["valid"]) == "valid"


def test_the_busiest_five_seconds_are_found() -> None:
    times = [0, *(10 * SECOND_NS + n * SECOND_NS // 10 for n in range(40)), 60 * SECOND_NS]
    assert busiest_per_s(times) == 8.0
    assert busiest_per_s([]) == 0.0
