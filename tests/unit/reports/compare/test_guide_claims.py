"""What a comparison says of the guide's claims, and above all what it does not."""

import msgspec

from stockstorm.reports.compare.build import compare
from stockstorm.reports.compare.comparison import Claim
from stockstorm.reports.compare.run_summary import RunSummary
from tests.unit.reports.compared import SUBJECTS, matrix, run_summary
from tests.unit.reports.literal import check


def said(*runs: RunSummary, shortened: bool = True) -> dict[str, GuideClaim]:
    names = tuple(dict.fromkeys(run.key.subject for run in runs))
    cards = [card if shortened else msgspec.structs.replace(card, shortened="") for card in SUBJECTS]
    return {claim.claim: claim for claim in compare(matrix(*names), cards, list(runs), [], {}).by_rate[0].claims}


REDUCTION = "Event-driven sync oversells over 90 % less than batch sync, up to 97 % less"
QUEUES = "Queues and managed buses are under 2 s behind"
POLLING = "Direct API polling is 5 to 30 min behind"


def test_shortened_polling_says_nothing_of_the_reduction_and_why() -> None:
    claim = said(run_summary("polling", 9_000.0, oversold=40.0), run_summary("queue", oversold=1.0))[REDUCTION]
    assert claim.said == "undecided"
    assert claim.found == "Against polling (40 oversold units a run), queue oversold 98 % less."
    assert "virtual time" in claim.limits
    assert "10 s" in claim.limits


def test_at_face_value_the_reduction_is_judged() -> None:
    runs = run_summary("polling", 9_000.0, oversold=40.0), run_summary("queue", oversold=1.0)
    assert said(*runs, shortened=False)[REDUCTION].said == "holds"
    worse = run_summary("polling", 9_000.0, oversold=40.0), run_summary("queue", oversold=39.0)
    assert said(*worse, shortened=False)[REDUCTION].said == "does not hold"


def test_without_batch_sync_there_is_nothing_to_reduce() -> None:
    claim = said(run_summary("queue"))[REDUCTION]
    assert (claim.said, claim.found) == (
        "undecided",
        "There was no polling or scheduled flow that is correct and played every seed.",
    )


def test_a_queue_within_its_latency_holds_and_one_beyond_does_not() -> None:
    assert said(run_summary("queue", 400.0))[QUEUES].said == "holds"
    assert said(run_summary("queue", 2_500.0))[QUEUES].said == "does not hold"


def test_of_a_subject_that_is_not_correct_no_latency_is_claimed() -> None:
    claim = said(run_summary("queue", 400.0, checks=[check("drift", "invalid")]))[QUEUES]
    assert (claim.said, claim.found) == ("undecided", "None of them is known to be correct.")
    assert claim.limits.startswith("Of queue it cannot be told.")


def test_shortened_polling_says_nothing_of_its_own_latency() -> None:
    claim = said(run_summary("polling", 9_000.0))[POLLING]
    assert (claim.said, claim.limits) == ("undecided", "Shortened for a live run: 10 s.")


def test_an_architecture_that_was_not_compared_is_named_as_missing() -> None:
    assert said(run_summary("queue"))[POLLING].found == "No such architecture was compared."


def test_crisis_time_is_measured_and_the_line_itself_is_left_open() -> None:
    run = run_summary("polling", 9_000.0)
    crisis = msgspec.structs.replace(run, measures=run.measures | {"crisis_time_s.total": 4.0})
    claim = said(crisis)["Fast movers that are staler than 30 s are in crisis"]
    assert (claim.said, claim.found) == ("undecided", "In crisis were: polling 4 s a run.")
    assert "Load lasted 30 s" in claim.limits
