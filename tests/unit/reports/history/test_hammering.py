"""Failing calls that are tried without a pause, and sound services that call often for a reason."""

from itertools import chain

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.retry_discipline import RetryDiscipline
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import SKU, history, ns, opened, version

ADJUST = "inventoryAdjustQuantities"
Facts = tuple[f.AnyFact, ...]


def write(ms: float, request: int, key: str, status: int = 503, outcome: ApiOutcome = "failed") -> Facts:
    return (f.ApiCalled(ns(ms), request, "admin", ADJUST, status, outcome, ns(ms), key=key),)


def push(ms: float, request: int, sku: str = SKU, channel: str = "bazaar") -> Facts:
    """A push that fails."""
    call = f.ApiCalled(ns(ms), request, channel, "PUT listings", 503, "failed", ns(ms))
    return (f.RowsNotListed(ns(ms), request, channel, (sku,)), call)


def read(ms: float, request: int, status: int = 503) -> Facts:
    outcome: ApiOutcome = "ok" if status == 200 else "failed"
    return (f.ApiCalled(ns(ms), request, "bazaar", "GET orders", status, outcome, ns(ms)),)


def judged(facts: list[Facts]) -> tuple[Check, History]:
    found = history(opened(), *facts)
    return check_all(found, (RetryDiscipline(),))[0], found


def test_a_write_that_fails_and_is_tried_every_3_ms_is_invalid_and_named() -> None:
    check, found = judged([write(100 + 3 * n, n, "k") for n in range(400)])
    assert check.verdict == "invalid"
    assert check.reason == "1 failing call was tried up to 334 times within a second"
    assert (
        check.incidents[0].text == f"{ADJUST} (admin) of k failed and was tried 334 times within a second from 0.100 s"
    )
    (named,) = [one for one in diagnose(found, (check,))[0] if one.name == "repeated_at_once"]
    assert named.cause.startswith("a call that failed was tried 334 times within a second, every 3.0 ms (median)")
    assert named.explains == ("retry_discipline",)


def test_calls_without_an_answer_and_pushes_of_one_row_count_too() -> None:
    assert judged([write(100 + 20 * n, n, "k", status=0) for n in range(60)])[0].verdict == "invalid"
    assert judged([push(100 + 20 * n, n) for n in range(60)])[0].verdict == "invalid"


@pytest.mark.parametrize(
    "facts",
    [
        [write(100 + 100 * n, n, "k") for n in range(60)],  # every 100 ms
        [write(100 + 3 * n, n, f"k{n}") for n in range(400)],  # each of them once
        [write(100 + 3 * n, n, "k", 200, "throttled") for n in range(400)],  # which the check of throttling judges
        [push(100 + 3 * n, n, f"SKU-{n % 100}") for n in range(400)],
        [push(100 + 20 * n, n, channel=("bazaar", "mercado")[n % 2]) for n in range(40)],
    ],
)
def test_tries_with_pauses_and_tries_of_other_calls_are_valid(facts: list[Facts]) -> None:
    assert judged(facts)[0].verdict == "valid"


def test_a_push_for_every_change_is_no_retry() -> None:
    changes = [(version(100 + 20 * n, n + 1, -1, 900 - n),) for n in range(60)]
    assert judged([*changes, *(push(101 + 20 * n, n) for n in range(60))])[0].verdict == "valid"


def test_reads_are_judged_by_how_often_the_service_reads_where_nothing_fails() -> None:
    usual = [read(5_000 + 50 * n, 1_000 + n, 200) for n in range(40)]  # 20 a second
    storm = [read(100 + 5 * n, n) for n in range(200)]
    assert judged([*usual, *storm])[0].verdict == "invalid"
    often = [read(5_000 + 10 * n, 1_000 + n, 200) for n in range(200)]
    assert judged([*often, *storm])[0].verdict == "valid"


def test_a_token_that_is_asked_for_without_a_pause_is_one_call() -> None:
    """Until the app is installed again, every request is refused."""

    def asked(each_ms: float) -> Check:
        return judged(
            [
                (f.ApiCalled(ns(100 + each_ms * n), n, "admin", "POST access_token", 400, "user_error", ns(1)),)
                for n in range(100)
            ]
        )[0]

    assert asked(20).verdict == "invalid"
    assert asked(20).incidents[0].text.startswith("POST access_token (admin) failed and was tried 51 times")
    assert asked(500).verdict == "not_exercised"  # nothing was throttled, and no set was made


def test_two_findings_are_both_told() -> None:
    both = [write(100 + 3 * n, n, "k") for n in range(400)], [push(100 + 20 * n, 1_000 + n) for n in range(60)]
    check, found = judged(list(chain(*both)))
    assert check.reason == "2 failing calls were tried up to 334 times within a second"
    (named,) = [one for one in diagnose(found, (check,))[0] if one.name == "repeated_at_once"]
    assert "so 1 other call" in named.cause
    assert any(line.startswith(f"PUT listings (bazaar) of {SKU}: 51 tries within a second") for line in named.evidence)
