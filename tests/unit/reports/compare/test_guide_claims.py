"""What a comparison says about the guide's claims, and what it leaves undecided."""

import msgspec

from stockstorm.reports.compare.build import compare
from stockstorm.reports.compare.comparison import GuideClaim
from stockstorm.reports.compare.run_summary import RunSummary
from tests.unit.reports.compared import SUBJECTS, matrix, run_summary
from tests.unit.reports.literal import check


def claims_of(*runs: RunSummary, shortened: bool = True) -> dict[str, GuideClaim]:
    names = tuple(dict.fromkeys(run.key.subject for run in runs))
    subjects = [one if shortened else msgspec.structs.replace(one, shortened="") for one in SUBJECTS]
    return {claim.claim: claim for claim in compare(matrix(*names), subjects, list(runs), [], {}).by_rate[0].claims}


REDUCTION = "Event-driven sync oversells over 90 % less than batch sync, up to 97 % less"
QUEUES = "Queues and managed buses are under 2 s behind"
POLLING = "Direct API polling is 5 to 30 min behind"


def test_shortened_polling_leaves_the_reduction_undecided_with_the_reason() -> None:
    claim = claims_of(run_summary("polling", 9_000.0, oversold=40.0), run_summary("queue", oversold=1.0))[REDUCTION]
    assert claim.verdict == "undecided"
    assert claim.found == "Against polling (40 oversold units per run), queue oversold 98 % less."
    assert "simulated time" in claim.limits
    assert "10 s" in claim.limits


def test_without_shortened_intervals_the_reduction_is_judged() -> None:
    runs = run_summary("polling", 9_000.0, oversold=40.0), run_summary("queue", oversold=1.0)
    assert claims_of(*runs, shortened=False)[REDUCTION].verdict == "holds"
    worse = run_summary("polling", 9_000.0, oversold=40.0), run_summary("queue", oversold=39.0)
    assert claims_of(*worse, shortened=False)[REDUCTION].verdict == "does not hold"


def test_without_batch_sync_there_is_nothing_to_reduce() -> None:
    claim = claims_of(run_summary("queue"))[REDUCTION]
    assert (claim.verdict, claim.found) == (
        "undecided",
        "There was no polling or scheduled flow that is correct and has a run of every seed.",
    )


def test_a_queue_within_its_latency_holds_and_one_beyond_does_not() -> None:
    assert claims_of(run_summary("queue", 400.0))[QUEUES].verdict == "holds"
    assert claims_of(run_summary("queue", 2_500.0))[QUEUES].verdict == "does not hold"


def test_the_latency_of_an_incorrect_subject_is_undecided() -> None:
    claim = claims_of(run_summary("queue", 400.0, checks=[check("drift", "invalid")]))[QUEUES]
    assert (claim.verdict, claim.found) == ("undecided", "None of them is known to be correct.")
    assert claim.limits.startswith("Undecided for queue.")


def test_the_latency_of_shortened_polling_is_undecided() -> None:
    claim = claims_of(run_summary("polling", 9_000.0))[POLLING]
    assert (claim.verdict, claim.limits) == ("undecided", "Shortened for a live run: 10 s.")


def test_an_architecture_that_was_not_compared_is_named_as_missing() -> None:
    assert claims_of(run_summary("queue"))[POLLING].found == "No such architecture was compared."


def test_crisis_time_is_measured_and_its_limit_is_undecided() -> None:
    run = run_summary("polling", 9_000.0)
    crisis = msgspec.structs.replace(run, measures=run.measures | {"crisis_time_s.total": 4.0})
    claim = claims_of(crisis)["Fast-selling SKUs that are stale for more than 30 s are in crisis"]
    assert (claim.verdict, claim.found) == ("undecided", "Crisis time: polling 4 s per run.")
    assert "Load lasted 30 s" in claim.limits
