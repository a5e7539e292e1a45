"""Calls that are never answered: who gives them up, who waits for ever, and who cannot be told to wait."""

from typing import Any

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.unanswered import Unanswered
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.simulator.history import facts as f
from tests.literal_history import SKU, history, ns, opened

END_MS = 40_000
PUSH = "PUT listings"
ADJUST = "inventoryAdjustQuantities"


def call(ms: float, request: int, operation: str = ADJUST, api: str = "admin", **more: Any) -> f.ApiCalled:
    """A call; with `injected` one that was never answered."""
    lost = more.get("injected")
    return f.ApiCalled(ns(ms), request, api, operation, 0 if lost else 200, "failed" if lost else "ok", ns(ms), **more)


def push(ms: float, request: int, channel: str = "bazaar", *, lost: bool = False) -> tuple[f.AnyFact, ...]:
    if lost:
        return (
            f.RowsNotListed(ns(ms), request, channel, (SKU,)),
            call(ms, request, PUSH, channel, injected="unanswered"),
        )
    return (call(ms, request, PUSH, channel), f.ListingPushed(ns(ms), channel, SKU, 5, 10, request))


def ended(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> History:
    load_ms = END_MS - 3_000
    quiet = f.QuietReached(ns(END_MS), quiet=True, waited_ns=3_000_000_000, by="silence")
    return history(opened(duration_ms=load_ms), *facts, f.LoadStopped(ns(load_ms)), quiet)


def judged(found: History) -> tuple[Check, tuple[Diagnosis, ...]]:
    (check,) = check_all(found, (Unanswered(),))
    return check, diagnose(found, (check,))[0]


def test_a_run_whose_calls_are_answered_tells_nothing() -> None:
    check, _ = judged(ended(push(1, 0)))
    assert (check.verdict, check.exposure) == ("not_exercised", {})


@pytest.mark.parametrize("operation", [ADJUST, "inventoryItems"])
def test_a_call_that_is_waited_for_until_the_end_is_invalid_and_named(operation: str) -> None:
    waiting = call(3_120, 7, operation, key="k" if operation == ADJUST else "", injected="unanswered")
    check, found = judged(ended(call(1_000, 6, operation), waiting, call(9_000, 8, "orders")))
    assert check.verdict == "invalid"
    assert check.measures == {"unanswered.calls": 1, "unanswered.waiting": 1, "unanswered_s.max": 36.88}
    assert check.reason == "1 call was never answered, and 1 of them was still waited for after 30 s"
    assert check.exposure == {"calls without any answer": 1}
    (incident,) = check.incidents
    assert incident.text == (
        f"{operation} (admin) at 3.120 s was never answered; the subject still held the connection 36.9 s later, and "
        "began no such call in this time (stockstorm-00000007)"
    )
    named = found[0]
    assert (named.name, named.explains) == ("no_timeout", ("unanswered",))
    assert named.cause.startswith(f"call without a timeout: {operation} (admin) at 3.120 s (")
    assert named.cause.endswith("was never answered, and the service still held the connection 37 s later")


def test_a_push_that_blocks_its_marketplace_is_invalid_whatever_the_others_do() -> None:
    check, _ = judged(ended(push(3_000, 1, lost=True), push(4_000, 2, "mercado"), push(30_000, 3, "mercado")))
    assert [incident.channel for incident in check.incidents] == ["bazaar"]


def test_a_client_that_closes_the_connection_in_time_is_valid() -> None:
    closed = f.CallGivenUp(ns(13_000), 1)
    check, found = judged(ended(push(3_000, 1, lost=True), closed, push(14_000, 2)))
    assert (check.verdict, check.measures["unanswered_s.max"]) == ("valid", 10)
    assert check.reason == "1 call was never answered, and waited for 10.0 s at most (1 calls without any answer)"
    assert found == ()


def test_one_that_closes_it_after_35_s_waited_too_long() -> None:
    check, found = judged(ended(push(3_000, 1, lost=True), f.CallGivenUp(ns(38_000), 1)))
    assert check.verdict == "invalid"
    assert found[0].cause.endswith("the service closed the connection only 35 s later")


@pytest.mark.parametrize(
    ("lost", "again"),
    [
        (push(3_000, 1, lost=True), push(8_000, 2)),
        ((call(3_000, 1, key="k", injected="cut_short"),), (call(8_000, 2, key="k"),)),
        ((call(3_000, 1, "orders", injected="unanswered"),), (call(8_000, 2, "orders"),)),
    ],
)
def test_a_client_that_goes_on_without_closing_is_not_accused(
    lost: tuple[f.AnyFact, ...], again: tuple[f.AnyFact, ...]
) -> None:
    check, _ = judged(ended(lost, again))
    assert (check.verdict, check.measures["unanswered_s.max"]) == ("valid", 5)


def test_where_other_workers_make_such_calls_the_wait_is_measured_and_not_judged() -> None:
    check, _ = judged(ended(call(3_000, 1, key="k", injected="unanswered"), call(8_000, 2, key="l")))
    assert (check.verdict, check.measures["unanswered.waiting"]) == ("measured", 0)
    assert check.measures["unanswered_s.max"] == 37


def test_a_run_that_ends_too_soon_proves_nothing() -> None:
    assert judged(ended(call(20_000, 1, key="k", injected="unanswered")))[0].verdict == "measured"
