"""Writes and rows that were not sent again after a failure are named; those that were are not."""

import msgspec
import pytest

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.failures_forgotten import FailuresForgotten
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import SKU, called, history, ns, opened, pushed, recorded

WRITE = "inventoryAdjustQuantities"
FAILING = (Check("drift", "invalid", "wrong"), Check("applied_twice", "invalid", "twice"))
LATE = Check("sync_latency", "invalid", "late")


def write(ms: float, request: int, key: str, injected: f.Injected = "", outcome: ApiOutcome = "ok") -> f.ApiCalled:
    call = called(ms, request, WRITE, 0 if injected in {"dropped", "answer_lost"} else 200, outcome)
    assert isinstance(call, f.ApiCalled)
    return msgspec.structs.replace(call, key=key, injected=injected)


def found(*facts: f.AnyFact) -> list[Diagnosis]:
    return [each.diagnosis for each in FailuresForgotten()(Case(history(opened(), *facts), (*FAILING, LATE)))]


@pytest.mark.parametrize(
    ("injected", "outcome"),
    [("answer_lost", "ok"), ("dropped", "failed"), ("throttled", "throttled"), ("", "throttled")],
)
def test_a_write_that_is_repeated_under_its_key_is_not_named(injected: f.Injected, outcome: ApiOutcome) -> None:
    first = write(10, 1, "k", injected, outcome)
    assert found(first, write(20, 2, "k")) == []
    (named,) = found(first, write(20, 2, "other"))
    assert named.cause.startswith("1 of 1 write that failed or had no answer was not sent again")
    assert named.explains == ("drift", "applied_twice", "sync_latency")


def test_a_write_that_was_executed_and_not_answered_is_told_with_its_key() -> None:
    (named,) = found(write(10, 1, "k1", "answer_lost"), write(20, 2, "k2"))
    assert named.evidence[0] == "1 of 1 that met answers lost after execution; 1 of them had been executed"
    assert "(idempotency key k1)" in named.evidence[1]


def test_what_came_again_under_another_key_is_told_from_what_never_came_again() -> None:
    def row(ms: float, number: int, request: int, order: str) -> f.StockChanged:
        fact = recorded(ms, number, -1, 10 - number, f"bazaar:{order}")
        assert isinstance(fact, f.StockChanged)
        return msgspec.structs.replace(fact, request=request)

    (named,) = found(
        write(10, 1, "k1", "answer_lost"), row(10, 1, 1, "1"),
        write(20, 2, "k2", "answer_lost"), row(20, 2, 2, "2"),
        write(30, 3, "k3", "dropped", "failed"),
        write(40, 4, "k4"), row(40, 3, 4, "2"),
    )  # fmt: skip
    assert named.cause.endswith(
        "under the same idempotency key: 1 never, 1 under another key, 1 never or under another key, since what it "
        "held is not known"
    )


def test_a_write_whose_first_try_is_in_progress_has_to_come_again_under_its_key() -> None:
    def row(ms: float, number: int, request: int) -> f.StockChanged:
        fact = recorded(ms, number, -1, 10 - number, "bazaar:1")
        assert isinstance(fact, f.StockChanged)
        return msgspec.structs.replace(fact, request=request)

    first, asked = write(10, 1, "k", "failed_after"), write(20, 2, "k", outcome="in_progress")
    assert found(first, row(10, 1, 1), asked, write(30, 3, "k", outcome="replayed")) == []
    (named,) = found(first, row(10, 1, 1), asked, write(30, 3, "other"), row(30, 2, 3))
    assert named.cause.endswith("not sent again under the same idempotency key: 1 under another key")
    assert named.evidence[0].startswith("1 of 1 that met the answer that the first try was in progress; 1 of them had")


def test_a_slow_answer_is_an_answer() -> None:
    assert found(write(10, 1, "k", "slow")) == []


def rejected(ms: float, *skus: str) -> f.RowsNotListed:
    return f.RowsNotListed(ns(ms), 1, "bazaar", skus)


def test_rejected_rows_that_were_not_pushed_again_are_named() -> None:
    (named,) = found(rejected(50, SKU), pushed(20, "bazaar", 5), pushed(60, "mercado", 5))
    assert named.cause == (
        "marketplaces did not take 1 row for the moment, rejected or in a failed call; 1 was not pushed again"
    )
    assert f"{SKU} on bazaar" in named.evidence[0]
    assert named.explains == ("sync_latency",)  # that a listing is wrong at rest for it is not known


def test_rejected_rows_that_were_pushed_later_are_not_named() -> None:
    assert found(rejected(50, SKU), pushed(60, "bazaar", 5)) == []
