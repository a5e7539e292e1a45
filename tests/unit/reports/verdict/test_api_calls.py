"""A wrong setting of the subject is told before its consequences."""

from stockstorm.reports.verdict.judge import NO_CALL, call_notes, judge
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import history, ns, started


def call(request: int, api: str = "admin", outcome: ApiOutcome = "ok") -> f.AnyFact:
    return f.ApiCalled(ns(request), request, api, "", 200, outcome)


def test_a_subject_that_calls_with_the_right_tokens_needs_no_note() -> None:
    assert call_notes(history(call(0), call(1, "bazaar"))) == ()


def test_a_subject_that_never_calls_is_told_before_all_else() -> None:
    assert judge(history(started())).notes[0] == NO_CALL


def test_calls_with_a_wrong_token_are_counted_for_each_side() -> None:
    admin = [call(request, outcome="denied") for request in range(3)]
    assert call_notes(history(*admin, call(3), call(4, "marketplaces", "denied"))) == (
        "3 of 4 calls to the Admin API came with a wrong token (401)",
        "1 of 1 call to the marketplaces' APIs came with a wrong token (401)",
    )
