"""Retries keep their distance, and no set erases what the subject had not seen."""

from reports.checkers.retry_discipline import RetryDiscipline
from reports.result import Check, Incident
from simulator.history import facts as f
from tests.literal_history import SKU, called, history, ns, opened, version


def test_without_calls_there_is_no_discipline_to_judge() -> None:
    found = RetryDiscipline()(history(opened()))
    assert found == Check(name="retry_discipline", verdict="unknown", reason="the subject called no API", measures={})


def test_a_throttled_call_that_is_retried_later_is_fine() -> None:
    found = RetryDiscipline()(
        history(
            opened(),
            called(10, 1, "inventoryAdjustQuantities", 200, "throttled"),
            called(510, 2, "inventoryAdjustQuantities"),
        )
    )
    assert found == Check(
        name="retry_discipline",
        verdict="valid",
        reason="2 calls, 1 of them throttled, and no set erased another's change",
        measures={
            "retry_discipline.calls": 2.0,
            "retry_discipline.throttled": 1.0,
            "retry_discipline.failed": 0.0,
            "retry_discipline.at_once.max": 1.0,
            "retry_discipline.gap_ms.p50": 499.999999,
            "retry_discipline.gap_ms.min": 499.999999,
            "retry_discipline.erased": 0.0,
        },
    )


def test_a_set_over_a_sale_that_the_subject_had_not_seen_erased_it() -> None:
    found = RetryDiscipline()(
        history(
            opened(),
            version(10, 1, -1, 9),
            called(20, 1, "inventorySetQuantities"),
            f.StockChanged(ns(20), SKU, 2**53 + 1, 7, 2, 3, 12, "subject_set", request=1),
        )
    )
    assert found == Check(
        name="retry_discipline",
        verdict="invalid",
        reason="1 set erased a change that the subject had not seen",
        measures={
            "retry_discipline.calls": 1.0,
            "retry_discipline.throttled": 0.0,
            "retry_discipline.failed": 0.0,
            "retry_discipline.at_once.max": 0.0,
            "retry_discipline.erased": 1.0,
        },
        incidents=(
            Incident(
                kind="erased",
                at_ns=ns(20),
                text=(
                    "MUG was set to 12 without comparison at 0.020 s, over 1 change that no "
                    "answer had shown to the subject"
                ),
                sku="MUG",
                units=3,
            ),
        ),
        incidents_total=1,
    )


def test_a_set_over_what_an_answer_had_shown_erased_nothing() -> None:
    found = RetryDiscipline()(
        history(
            opened(),
            version(10, 1, -1, 9),
            called(15, 1, "inventoryItems"),
            f.StockShown(ns(15), 1, (SKU,), (1,)),
            f.StockChanged(ns(20), SKU, 2**53 + 1, 7, 2, 3, 12, "subject_set", request=2),
        )
    )
    assert found == Check(
        name="retry_discipline",
        verdict="valid",
        reason="1 call, 0 of them throttled, and no set erased another's change",
        measures={
            "retry_discipline.calls": 1.0,
            "retry_discipline.throttled": 0.0,
            "retry_discipline.failed": 0.0,
            "retry_discipline.at_once.max": 0.0,
            "retry_discipline.erased": 0.0,
        },
    )


def test_retries_at_one_moment_are_counted_as_a_herd() -> None:
    found = RetryDiscipline()(
        history(
            opened(),
            *(called(10 + n, n, f"op{n}", 503, "error") for n in range(3)),
            *(called(100 + n, 10 + n, f"op{n}") for n in range(3)),
        )
    )
    assert found == Check(
        name="retry_discipline",
        verdict="valid",
        reason="6 calls, 0 of them throttled, and no set erased another's change",
        measures={
            "retry_discipline.calls": 6.0,
            "retry_discipline.throttled": 0.0,
            "retry_discipline.failed": 3.0,
            "retry_discipline.at_once.max": 3.0,
            "retry_discipline.gap_ms.p50": 89.999999,
            "retry_discipline.gap_ms.min": 89.999999,
            "retry_discipline.erased": 0.0,
        },
    )
