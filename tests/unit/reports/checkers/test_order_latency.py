"""Order latency counts from a marketplace's sale to the master that includes it."""

import math

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.order_latency import OrderLatency
from stockstorm.reports.result import Check
from stockstorm.reports.verdict.thresholds import judge_thresholds
from tests.literal_history import cancelled, history, no_rest, opened, recorded, rest, sold

MANY = (*opened(), *(sold(n, n, "bazaar") for n in range(30)))


def test_without_orders_the_order_latency_is_unknown() -> None:
    found = OrderLatency()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {"order_latency.orders": 0.0, "order_latency.never": 0.0})


def test_thirty_orders_in_the_master_have_an_order_latency() -> None:
    found = OrderLatency()(history(MANY, recorded(100, 1, -30, -20, *(f"bazaar:{n}" for n in range(30)))))
    assert found == Check(
        name="order_latency",
        verdict="measured",
        reason="30 marketplace orders, 0 of them never in the master",
        measures={
            "order_latency_ms.p50": 85.0,
            "order_latency_ms.p95": 99.0,
            "order_latency_ms.p99": 100.0,
            "order_latency_ms.max": 100.0,
            "order_latency.orders": 30.0,
            "order_latency.never": 0.0,
            "order_latency.open": 0.0,
        },
    )


def test_an_order_that_the_master_never_includes_has_an_infinite_latency() -> None:
    found = OrderLatency()(history(MANY, recorded(100, 1, -29, -19, *(f"bazaar:{n}" for n in range(29))), rest()))
    assert (found.verdict, found.measures) == (
        "measured",
        {
            "order_latency_ms.p50": 86.0,
            "order_latency_ms.p95": 100.0,
            "order_latency_ms.p99": math.inf,
            "order_latency_ms.max": math.inf,
            "order_latency.orders": 30.0,
            "order_latency.never": 1.0,
            "order_latency.open": 0.0,
        },
    )


def test_a_few_orders_are_too_few() -> None:
    found = OrderLatency()(history(opened(), sold(0, 1, "bazaar"), recorded(50, 1, -1, 9, "bazaar:1")))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "order_latency_ms.p50": 50.0,
            "order_latency_ms.p95": 50.0,
            "order_latency_ms.p99": 50.0,
            "order_latency_ms.max": 50.0,
            "order_latency.orders": 1.0,
            "order_latency.never": 0.0,
        },
    )


def test_an_order_cancelled_before_it_was_written_owes_the_master_nothing() -> None:
    found = OrderLatency()(
        history(
            MANY,
            sold(5, 99, "mercado"),
            cancelled(9, 99, "mercado"),
            recorded(100, 1, -30, -20, *(f"bazaar:{n}" for n in range(30))),
        )
    )
    assert (found.verdict, found.measures) == (
        "measured",
        {
            "order_latency_ms.p50": 85.0,
            "order_latency_ms.p95": 99.0,
            "order_latency_ms.p99": 100.0,
            "order_latency_ms.max": 100.0,
            "order_latency.orders": 30.0,
            "order_latency.never": 0.0,
            "order_latency.open": 0.0,
        },
    )


def test_an_order_that_is_pending_at_the_end_counts_for_as_long_as_it_waited() -> None:
    tokens = [f"bazaar:{n}" for n in range(29)]
    found = OrderLatency()(history(MANY, recorded(100, 1, -29, -19, *tokens), no_rest(5_029, probe=1)))
    assert (found.measures["order_latency_ms.max"], found.measures["order_latency.never"]) == (5_000.0, 0.0)
    assert (found.measures["order_latency.open"], found.at_least) == (
        1.0,
        "1 order was still pending when the run ended",
    )


def test_a_subject_that_names_no_orders_is_estimated_and_no_threshold_judges_it() -> None:
    orders = [
        fact for n in range(40) for fact in (sold(n * 100, n, "bazaar"), recorded(n * 100 + 20, n + 1, -1, 99 - n))
    ]
    checks = check_all(history(opened(100), *orders, rest()), (OrderLatency(),))
    assert (checks[0].verdict, checks[0].measures) == (
        "not_exercised",
        {"order_latency.orders": 40.0, "order_latency.never": 0.0},
    )
    assert checks[0].reason.endswith("first in, first out the median is 20 ms")
    lines = judge_thresholds({"order_latency_ms.p95": "< 10"}, checks, checks[0].measures, {})
    assert [(line.verdict, line.found) for line in lines] == [("not_exercised", None)]
