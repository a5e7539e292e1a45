"""What an answer means, under both policies."""

import msgspec
import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.delivery.attempts import Answer
from stockstorm.simulator.delivery.policy import (
    GAPS_GUIDE_S,
    GAPS_SHOPIFY_2024_09_S,
    Done,
    GiveUp,
    Retry,
    forged_outcome,
    make_policy,
    succeeded,
)

OK = Answer(1, 2, 3, 1, 4, status=200)
FAILED = msgspec.structs.replace(OK, status=500)
SHOPIFY, GUIDE = make_policy("shopify_2024_09"), make_policy("guide")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    assert succeeded(msgspec.structs.replace(OK, status=status))


@pytest.mark.parametrize("status", [0, 100, 199, 300, 301, 302, 304, 307, 400, 401, 404, 410, 429, 500, 503])
def test_redirects_refusals_and_errors_are_failures(status: int) -> None:
    assert not succeeded(msgspec.structs.replace(OK, status=status))


@pytest.mark.parametrize("error", ["connect_timeout", "connect_refused", "answer_timeout", "disconnected", "protocol"])
def test_what_did_not_get_across_is_a_failure_whatever_the_status(error: str) -> None:
    assert not succeeded(msgspec.structs.replace(OK, error=error))


def test_an_answer_after_more_than_five_seconds_is_a_failure() -> None:
    assert succeeded(msgspec.structs.replace(OK, started_ns=0, answered_ns=5 * SECOND_NS))
    assert not succeeded(msgspec.structs.replace(OK, started_ns=0, answered_ns=5 * SECOND_NS + 1))


@pytest.mark.parametrize(
    ("gaps_s", "retries", "span_s"),
    [
        (GAPS_SHOPIFY_2024_09_S, 8, 4 * 3_600),
        (GAPS_GUIDE_S, 19, 48 * 3_600),
    ],
)
def test_gaps_grow_and_fill_the_documented_span(gaps_s: tuple[int, ...], retries: int, span_s: int) -> None:
    assert len(gaps_s) == retries
    assert sum(gaps_s) == span_s
    assert list(gaps_s) == sorted(set(gaps_s))


def test_a_success_is_done_at_any_attempt() -> None:
    assert SHOPIFY.decision(OK, attempt=1, failures_in_a_row=0) == Done()
    assert GUIDE.decision(OK, attempt=20, failures_in_a_row=0) == Done()


def test_a_failure_is_tried_again_after_the_gap_of_its_attempt_from_its_end() -> None:
    first = SHOPIFY.decision(FAILED, attempt=1, failures_in_a_row=1)
    eighth = SHOPIFY.decision(FAILED, attempt=8, failures_in_a_row=8)
    assert (first, eighth) == (Retry(4 + 10 * SECOND_NS), Retry(4 + 6_740 * SECOND_NS))


def test_gaps_are_scaled_so_that_they_fit_a_short_run() -> None:
    short = make_policy("shopify_2024_09", 0.001)
    assert short.decision(FAILED, attempt=1, failures_in_a_row=1) == Retry(4 + SECOND_NS // 100)


def test_shopify_gives_up_after_eight_retries_and_removes_the_subscription() -> None:
    assert SHOPIFY.decision(FAILED, attempt=9, failures_in_a_row=9) == GiveUp(remove_subscription=True)
    assert SHOPIFY.decision(FAILED, attempt=9, failures_in_a_row=1) == GiveUp(remove_subscription=True)


def test_the_guide_removes_the_subscription_after_nineteen_failures_in_a_row() -> None:
    assert isinstance(GUIDE.decision(FAILED, attempt=18, failures_in_a_row=18), Retry)
    assert GUIDE.decision(FAILED, attempt=19, failures_in_a_row=19) == GiveUp(remove_subscription=True)


def test_the_guide_keeps_a_subscription_that_acknowledged_something_in_between() -> None:
    assert isinstance(GUIDE.decision(FAILED, attempt=19, failures_in_a_row=3), Retry)
    assert GUIDE.decision(FAILED, attempt=20, failures_in_a_row=4) == GiveUp(remove_subscription=False)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "acknowledged"), (401, "refused"), (403, "refused"), (400, "refused"), (500, "given_up"), (0, "given_up")],
)
def test_a_forged_delivery_is_refused_by_a_4xx_only(status: int, outcome: str) -> None:
    assert forged_outcome(msgspec.structs.replace(OK, status=status)) == outcome
