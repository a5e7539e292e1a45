"""Gaps between retries, head-of-line blocking, and sets that erase unseen changes."""

from msgspec import structs

from stockstorm.reports.checkers.retry_discipline import RetryDiscipline
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    called,
    delivered,
    effect,
    history,
    ns,
    opened,
    order_event,
    probe_done,
    pushed,
    recorded,
    sold,
    stock_event,
    version,
)

STOCK = "inventory_levels/update"
BEHIND = "retry_discipline_s.behind_poison.max"


def test_without_calls_there_is_no_discipline_to_judge() -> None:
    found = RetryDiscipline()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_a_throttled_call_that_is_retried_later_is_fine() -> None:
    found = RetryDiscipline()(
        history(
            opened(),
            called(10, 1, "inventoryAdjustQuantities", 200, "throttled"),
            called(510, 2, "inventoryAdjustQuantities"),
        )
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {
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
        reason="1 set erased a change that it ignored",
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
                    "MUG was set to 12 without comparison at 0.020 s, over a sale in the shop (-1) that nothing had "
                    "shown to the subject"
                ),
                sku="MUG",
                units=1,
                requests=(1,),
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
    assert (found.verdict, found.measures) == (
        "valid",
        {
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
    assert (found.verdict, found.measures) == (
        "valid",
        {
            "retry_discipline.calls": 6.0,
            "retry_discipline.throttled": 0.0,
            "retry_discipline.failed": 3.0,
            "retry_discipline.at_once.max": 3.0,
            "retry_discipline.gap_ms.p50": 89.999999,
            "retry_discipline.gap_ms.min": 89.999999,
            "retry_discipline.erased": 0.0,
        },
    )


def at_once(*more: f.AnyFact) -> float:
    """The most retries at once, after ten calls that were throttled together."""
    throttled = tuple(called(10, n, "adjust", 200, "throttled") for n in range(10))
    return RetryDiscipline()(history(opened(), throttled, more)).measures["retry_discipline.at_once.max"]


def test_one_call_that_replaces_ten_throttled_ones_is_one_retry() -> None:
    assert at_once(called(2_010, 10, "adjust")) == 1.0
    assert at_once(called(2_010, 10, "adjust"), *(called(3_000 + n, 11 + n, "adjust") for n in range(5))) == 1.0


def test_ten_throttled_calls_that_are_all_repeated_together_are_a_herd_of_ten() -> None:
    assert at_once(*(called(2_010 + n, 10 + n, "adjust") for n in range(10))) == 10.0
    assert at_once(*(called(2_010 + 100 * n, 10 + n, "adjust") for n in range(10))) == 1.0


def poison_and_good(*more: f.AnyFact | tuple[f.AnyFact, ...]) -> Check:
    """Stock event 1 of MUG is a dead letter, events 2 and 3 of MUG are applied."""
    return RetryDiscipline()(
        history(
            opened(),
            called(5, 1, "inventoryItems"),
            (version(100, 1, -1, 9), stock_event(100, 1, 1), *delivered(100, 1, STOCK)),
            (version(200, 2, -1, 8), stock_event(200, 2, 2), *delivered(200, 2, STOCK)),
            (version(900, 3, -1, 7), stock_event(900, 3, 3), *delivered(900, 3, STOCK)),
            (effect(1, "dead_lettered", 1), effect(2, "applied", 1), effect(3, "applied", 1), probe_done()),
            *more,
        )
    )


def test_a_good_event_behind_a_dead_letter_waits_until_a_push_shows_it() -> None:
    found = poison_and_good(pushed(1_450, "bazaar", 8, 10), pushed(1_500, "bazaar", 7, 8))
    assert (found.verdict, found.measures[BEHIND], found.notes) == ("valid", 1.25, ())


def test_a_good_event_that_no_push_shows_is_left_out_with_a_note() -> None:
    found = poison_and_good(pushed(1_450, "bazaar", 8, 10))
    assert found.measures[BEHIND] == 1.25
    assert found.notes == (
        "it is not known when 1 good event behind a dead letter took effect: no push and no stock change shows it",
    )


def test_head_of_line_blocking_is_not_measured_without_a_push() -> None:
    found = poison_and_good()
    assert BEHIND not in found.measures
    assert found.notes == (
        "it is not known when 2 good events behind a dead letter took effect: no push and no stock change shows them",
    )


def test_a_dead_letter_that_no_event_follows_blocks_nothing() -> None:
    found = RetryDiscipline()(
        history(
            opened(),
            called(5, 1, "inventoryItems"),
            (version(50, 1, -1, 9), stock_event(50, 1, 1), *delivered(50, 1, STOCK)),
            (version(100, 2, -1, 8), stock_event(100, 2, 2), *delivered(100, 2, STOCK)),
            (effect(1, "applied", 1), effect(2, "dead_lettered", 1), probe_done()),
            pushed(500, "bazaar", 9, 10),
        )
    )
    assert BEHIND not in found.measures
    assert found.notes == ("no good event followed 1 dead letter of the same item or order",)


def test_a_good_order_event_behind_a_dead_letter_waits_until_the_master_includes_it() -> None:
    found = RetryDiscipline()(
        history(
            opened(),
            (sold(100, 1, "bazaar"), order_event(100, 1, 1, "bazaar"), *delivered(100, 1)),
            (sold(110, 2, "bazaar", before=9, shown=9), order_event(110, 2, 2, "bazaar"), *delivered(110, 2)),
            f.OrderCancelled(ns(300), 1, "bazaar", "1", (SKU,), (1,)),
            (order_event(300, 3, 1, "bazaar", "order.cancelled"), *delivered(300, 3, "order.cancelled")),
            called(2_300, 1, "inventoryAdjustQuantities"),
            recorded(2_300, 1, 1, 11, "bazaar:1:cancelled"),
            recorded(5_000, 2, -1, 10, "bazaar:2"),
            (effect(1, "dead_lettered", 1), effect(2, "applied", 1), effect(3, "applied", 1), probe_done()),
        )
    )
    assert (found.measures[BEHIND], found.notes) == (2.0, ())


def test_changes_by_others_soon_after_a_sale_elsewhere_are_exposure_where_a_second_writer_is_meant() -> None:
    facts = (
        sold(10, 1, "bazaar"),
        version(200, 1, 4, 14, "restock"),
        version(300, 2, 4, 18, "restock"),
        sold(400, 2, "online"),
        version(450, 3, -1, 17),
        version(460, 4, -2, 15, "restock"),
    )
    words = "changes by others soon after a sale elsewhere of the same SKU"
    assert words not in RetryDiscipline().exposure(history(opened(), *facts))
    *opening, start = opened()
    assert isinstance(start, f.RunStarted)
    meant = structs.replace(start, scenario={"quotas": {"corrected": 5}})
    assert RetryDiscipline().exposure(history(*opening, meant, *facts))[words] == 1
