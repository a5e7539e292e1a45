"""A stock level after webhooks, API reads and batches, in every order."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockstorm.reference_service.domain.stock_level import (
    Comparison,
    Level,
    Reading,
    apply_read,
    apply_webhook,
    assume_lower,
    compare,
    finish_batch,
    start_batch,
)

KNOWN = Level(1, 7, "gid://shopify/InventoryLevel/1", "A", Reading(10, 100, 110))


def at(available: int, low: int, high: int | None = None) -> Reading:
    return Reading(available, low, low if high is None else high)


@pytest.mark.parametrize(
    ("new", "comparison", "available", "doubtful"),
    [
        (at(9, 111), Comparison.NEWER, 9, False),
        (at(9, 99), Comparison.OLDER, 10, False),
        (at(10, 105), Comparison.SAME, 10, False),
        (at(9, 105), Comparison.DOUBTFUL, 10, True),
        (at(9, 110), Comparison.DOUBTFUL, 10, True),
    ],
)
def test_a_webhook_is_compared_with_the_known_reading_by_time(
    new: Reading, comparison: Comparison, available: int, doubtful: bool
) -> None:
    level, found = apply_webhook(KNOWN, new)
    assert (found, level.reading.available, level.doubtful) == (comparison, available, doubtful)


def test_a_newer_webhook_ends_the_doubt() -> None:
    doubtful, _ = apply_webhook(KNOWN, at(9, 105))
    assert apply_webhook(doubtful, at(8, 120))[0] == msgspec.structs.replace(KNOWN, reading=at(8, 120))


def test_an_api_read_ends_the_doubt() -> None:
    doubtful, _ = apply_webhook(KNOWN, at(9, 105))
    assert apply_read(doubtful, at(9, 200, 220)) == msgspec.structs.replace(KNOWN, reading=at(9, 200, 220))


def test_an_api_read_that_overlaps_a_different_webhook_is_doubtful() -> None:
    level, _ = apply_webhook(KNOWN, at(9, 210))
    assert apply_read(level, at(8, 200, 220)).doubtful


def test_equal_readings_that_overlap_are_merged_to_the_later_bounds() -> None:
    assert compare(at(5, 10, 20), at(5, 15, 30)) == (at(5, 15, 30), Comparison.SAME)


def test_a_webhook_during_a_batch_is_applied_after_the_batch() -> None:
    level, _ = apply_webhook(start_batch(KNOWN), at(6, 150))
    assert level.reading.available == 10
    assert finish_batch(level, at(7, 130, 140), 3).reading == at(6, 150)


def test_a_webhook_older_than_the_batch_changes_nothing_after_it() -> None:
    level, _ = apply_webhook(start_batch(KNOWN), at(9, 120))
    finished = finish_batch(level, at(7, 130, 140), 3)
    assert (finished.reading, finished.doubtful, finished.in_flight, finished.parked) == (
        at(7, 130, 140),
        False,
        False,
        None,
    )


def test_a_webhook_with_the_time_of_the_batch_and_another_quantity_is_doubtful() -> None:
    level, _ = apply_webhook(start_batch(KNOWN), at(6, 135))
    finished = finish_batch(level, at(7, 130, 140), 3)
    assert (finished.reading.available, finished.doubtful) == (7, True)


def test_the_newest_parked_webhook_is_applied() -> None:
    level, _ = apply_webhook(start_batch(KNOWN), at(6, 150))
    level, comparison = apply_webhook(level, at(5, 145))
    assert comparison is Comparison.OLDER
    assert finish_batch(level, None, 0).reading == at(6, 150)


def test_two_parked_webhooks_of_the_same_second_are_doubtful() -> None:
    level, _ = apply_webhook(start_batch(KNOWN), at(6, 150, 160))
    level, _ = apply_webhook(level, at(5, 150, 160))
    assert finish_batch(level, at(7, 130, 140), 0).doubtful


def test_finishing_a_batch_subtracts_its_units_from_pending() -> None:
    assert finish_batch(msgspec.structs.replace(KNOWN, pending=5), at(7, 130, 140), 3).pending == 2


def test_an_api_read_is_ignored_during_a_batch() -> None:
    assert apply_read(start_batch(KNOWN), at(3, 200, 210)) == start_batch(KNOWN)


def test_without_an_answer_the_lower_quantity_is_assumed() -> None:
    lower, _ = apply_webhook(start_batch(KNOWN), at(6, 150))
    higher, _ = apply_webhook(start_batch(KNOWN), at(16, 150))
    assert assume_lower(lower).reading.available == 6
    assert assume_lower(higher) is higher


@given(st.permutations(range(8)))
def test_the_newest_webhook_wins_in_every_order(order: list[int]) -> None:
    level = KNOWN
    for n in order:
        level, _ = apply_webhook(level, at(50 + n, 200 + n))
    assert level.reading == at(57, 207)


@given(st.permutations(range(6)), st.integers(0, 6))
def test_the_newest_webhook_wins_with_a_batch_at_any_position(order: list[int], when: int) -> None:
    level = start_batch(KNOWN)
    for position, n in enumerate(order):
        if position == when:
            level = finish_batch(level, at(40, 150, 160), 1)
        level, _ = apply_webhook(level, at(50 + n, 200 + n))
    if level.in_flight:
        level = finish_batch(level, at(40, 150, 160), 1)
    assert (level.reading, level.doubtful) == (at(55, 205), False)
