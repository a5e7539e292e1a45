"""A write whose answer a fault took: until it is told, its units may be held back once more."""

import pytest

from stockstorm.reports.checkers.stale_overwrite import StaleOverwrite
from stockstorm.reports.history import History
from stockstorm.reports.history.unanswered import GRACE_NS, NEVER, unanswered_writes
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import SKU, history, ns, opened, pushed, sold, version

ADJUST = "inventoryAdjustQuantities"
TOKEN = "urn:channel-orders:bazaar:1"


def call(
    ms: float, request: int, injected: f.Injected = "", status: int = 200, key: str = "k", outcome: ApiOutcome = "ok"
) -> f.AnyFact:
    return f.ApiCalled(ns(ms), request, "admin", ADJUST, status, outcome, ns(ms) - 1, key=key, injected=injected)


def written(lost: f.AnyFact, *rest: f.AnyFact) -> History:
    """8 units become 10; bazaar sells one, which is written at 300 ms by the call `lost`."""
    return history(
        opened(8),
        version(50, 1, 2, 10, "restock"),
        pushed(100, "mercado", 10),
        sold(200, 1, "bazaar"),
        pushed(250, "mercado", 9),
        f.StockChanged(ns(300), SKU, 2**53 + 1, 7, 2, -1, 9, "subject_adjust", reference=TOKEN, request=1),
        lost,
        *rest,
    )


@pytest.mark.parametrize("lost", [call(300, 1, "answer_lost", 0), call(300, 1, "failed_after", 502)])
def test_units_of_a_write_that_nobody_answered_may_be_held_back_twice(lost: f.AnyFact) -> None:
    found = written(lost, pushed(400, "mercado", 8), call(500, 2), pushed(600, "mercado", 9))
    assert StaleOverwrite()(found).verdict == "valid"


def test_a_write_that_was_answered_is_no_reason_to_hold_its_units_back() -> None:
    assert StaleOverwrite()(written(call(300, 1), pushed(400, "mercado", 8))).verdict == "invalid"


def test_neither_is_one_that_was_answered_some_time_ago() -> None:
    lost = call(300, 1, "answer_lost", 0)
    found = written(lost, call(500, 2), call(2_000, 3, key="other"), pushed(2_100, "mercado", 8))
    assert StaleOverwrite()(found).verdict == "invalid"


def test_an_answer_is_told_by_the_next_call_with_the_same_key() -> None:
    log = history(
        call(10, 1, "answer_lost", 0),
        call(20, 2, "slow", key="other"),
        call(30, 3, "failed_after", 502),
        call(40, 4),
        call(1_030, 5, key="a third"),
        call(1_050, 6, key="a third"),
    )
    assert GRACE_NS == 1_000_000_000
    assert unanswered_writes(log) == {1: 5, 2: 4, 3: 5}
    assert unanswered_writes(history(call(10, 1, "answer_lost", 0))) == {1: NEVER}


def test_an_answer_that_the_first_call_is_in_progress_tells_nothing_of_it() -> None:
    lost = call(10, 1, "failed_after", 502)
    asked = call(20, 2, outcome="in_progress")
    assert unanswered_writes(history(lost, asked, call(1_030, 3, key="other"))) == {1: NEVER}
    log = history(lost, asked, call(30, 3, outcome="replayed"), call(1_050, 4, key="other"))
    assert unanswered_writes(log) == {1: 3}
    assert unanswered_writes(history(call(10, 1))) == {}
