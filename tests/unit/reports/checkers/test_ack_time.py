"""Ack time counts from due to the complete 2xx answer; timeouts are infinite."""

import math

import msgspec
import pytest

from stockstorm.reports.checkers.ack_time import AckTime
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.run_facts import FaultName
from tests.literal_history import delivered, ended, history, ns, opened, planned, stock_event, tried


def test_without_attempts_the_ack_time_is_unknown() -> None:
    found = AckTime()(history(opened()))
    assert found == Check(
        name="ack_time",
        verdict="unknown",
        reason="no attempt was acknowledged or timed out",
        measures={"ack_time.acknowledged": 0.0, "ack_time.timeouts": 0.0},
    )


def test_the_ack_time_of_an_acknowledged_attempt_counts_from_due() -> None:
    found = AckTime()(history(opened(), stock_event(0, 0, 1), delivered(0, 0)))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "ack_time_ms.p25": 5.0,
            "ack_time_ms.p50": 5.0,
            "ack_time_ms.p95": 5.0,
            "ack_time_ms.p99": 5.0,
            "ack_time_ms.max": 5.0,
            "answer_time_ms.p2": pytest.approx(5.0),
            "ack_time.acknowledged": 1.0,
            "ack_time.timeouts": 0.0,
        },
    )


def test_an_attempt_that_timed_out_has_an_infinite_ack_time() -> None:
    found = AckTime()(history(opened(), planned(0, 0, 0), tried(0, 0, 5_000, 0, "answer_timeout")))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "ack_time_ms.p25": math.inf,
            "ack_time_ms.p50": math.inf,
            "ack_time_ms.p95": math.inf,
            "ack_time_ms.p99": math.inf,
            "ack_time_ms.max": math.inf,
            "ack_time.acknowledged": 0.0,
            "ack_time.timeouts": 1.0,
        },
    )


def test_a_refused_connection_has_no_ack_time() -> None:
    found = AckTime()(history(opened(), planned(0, 0, 0), tried(0, 0, 1, 0, "connect_refused")))
    assert (found.verdict, found.measures) == ("unknown", {"ack_time.acknowledged": 0.0, "ack_time.timeouts": 0.0})


def test_attempts_under_way_at_once_are_each_measured() -> None:
    found = AckTime()(
        history(
            opened(),
            delivered(0, 0),
            planned(1, 1, 1),
            tried(1, 1, 50),
            ended(51, 1),
            planned(1, 2, -1, forged="unsigned"),
            tried(1, 2, 9, 401),
        )
    )
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "ack_time_ms.p25": 5.0,
            "ack_time_ms.p50": 5.0,
            "ack_time_ms.p95": 50.0,
            "ack_time_ms.p99": 50.0,
            "ack_time_ms.max": 50.0,
            "answer_time_ms.p2": pytest.approx(5.0),
            "ack_time.acknowledged": 2.0,
            "ack_time.timeouts": 0.0,
        },
    )


@pytest.mark.parametrize(("attempts", "verdict"), [(29, "unknown"), (30, "measured")])
def test_thirty_attempts_make_an_ack_time(attempts: int, verdict: str) -> None:
    late = (planned(900, attempts - 1, 0), tried(900, attempts - 1, 5_000, 0, "answer_timeout"))
    found = AckTime()(history(opened(), *(delivered(10 * n, n) for n in range(attempts - 1)), late))
    assert found.verdict == verdict
    assert found.measures["ack_time_ms.max"] == math.inf
    if verdict == "measured":
        assert found.reason == "29 attempts acknowledged, 1 timed out"


def test_the_answer_time_is_the_quickest_of_each_topic_in_their_mean_by_attempts() -> None:
    found = AckTime()(
        history(
            opened(),
            *((planned(n, n, n, "order.created"), tried(n, n, 8 + n % 2)) for n in range(60)),
            *((planned(n, n, n, "products/update"), tried(n, n, 1 + n % 2)) for n in range(60, 80)),
        )
    )
    assert found.measures["answer_time_ms.p2"] == pytest.approx((8**60 * 1**20) ** (1 / 80))


def test_topics_with_few_attempts_count_as_one_in_the_answer_time() -> None:
    found = AckTime()(history(opened(), *((planned(n, n, n, f"topic.{n}"), tried(n, n, n + 1)) for n in range(10))))
    assert found.measures["answer_time_ms.p2"] == pytest.approx(1.0)


def test_neither_retries_nor_duplicates_nor_forgeries_shorten_the_answer_time() -> None:
    copy = msgspec.structs.replace(planned(0, 2, 0), copy=1)
    found = AckTime()(
        history(
            opened(),
            planned(0, 1, 0),
            tried(0, 1, 3, 500),
            tried(20, 1, 7, nth=2),
            copy,
            tried(30, 2, 0.5),
            planned(40, 3, -1, forged="unsigned"),
            tried(40, 3, 0.2),
            planned(50, 4, 1),
            tried(50, 4, 9),
        )
    )
    assert found.measures["answer_time_ms.p2"] == pytest.approx(9.0)


@pytest.mark.parametrize(("fault", "timeouts"), [("pause_receiver", 0.0), ("exited by itself", 1.0)])
def test_an_attempt_that_timed_out_during_a_planned_fault_is_not_held_against_the_service(
    fault: FaultName, timeouts: float
) -> None:
    """Whether connections wait for a paused process is up to the system's queue. One that ends by itself counts."""
    interval = (f.FaultStarted(ns(1_000), fault, "receiver"), f.FaultEnded(ns(3_000), fault, "receiver"))
    found = AckTime()(history(opened(), planned(0, 0, 0), *interval, tried(0, 0, 2_500, 0, "connect_timeout")))
    assert found.measures["ack_time.timeouts"] == timeouts
