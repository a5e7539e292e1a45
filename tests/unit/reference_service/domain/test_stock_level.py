"""What is known of a level after each thing that can be heard of it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockstorm.reference_service.domain.stock_level import (
    Heard,
    Level,
    Reading,
    depart,
    fall_back,
    hear,
    land,
    overwrite,
    reread,
    weigh,
)

HELD = Level(1, 7, "gid://shopify/InventoryLevel/1", "A", Reading(10, 100, 110))


def at(available: int, low: int, high: int | None = None) -> Reading:
    return Reading(available, low, low if high is None else high)


@pytest.mark.parametrize(
    ("heard", "outcome", "available", "doubtful"),
    [
        (at(9, 111), Heard.NEWER, 9, False),
        (at(9, 99), Heard.OLDER, 10, False),
        (at(10, 105), Heard.SAME, 10, False),
        (at(9, 105), Heard.DOUBTFUL, 10, True),
        (at(9, 110), Heard.DOUBTFUL, 10, True),
    ],
)
def test_an_event_is_weighed_against_the_time_of_what_is_held(
    heard: Reading, outcome: Heard, available: int, doubtful: bool
) -> None:
    level, what = hear(HELD, heard)
    assert (what, level.reading.available, level.doubtful) == (outcome, available, doubtful)


def test_a_newer_event_settles_a_doubt() -> None:
    doubtful, _ = hear(HELD, at(9, 105))
    assert hear(doubtful, at(8, 120))[0] == msgspec.structs.replace(HELD, reading=at(8, 120))


def test_a_reading_by_api_settles_a_doubt() -> None:
    doubtful, _ = hear(HELD, at(9, 105))
    assert reread(doubtful, at(9, 200, 220)) == msgspec.structs.replace(HELD, reading=at(9, 200, 220))


def test_a_reading_that_overlaps_a_different_event_leaves_the_doubt() -> None:
    level, _ = hear(HELD, at(9, 210))
    assert reread(level, at(8, 200, 220)).doubtful


def test_equal_readings_that_overlap_narrow_each_other_to_the_later_bounds() -> None:
    assert weigh(at(5, 10, 20), at(5, 15, 30)) == (at(5, 15, 30), Heard.SAME)


def test_what_is_heard_while_a_batch_is_under_way_waits_for_its_landing() -> None:
    level, _ = hear(depart(HELD), at(6, 150))
    assert level.reading.available == 10
    assert land(level, at(7, 130, 140), 3).reading == at(6, 150)


def test_an_event_from_before_the_landing_changes_nothing_after_it() -> None:
    level, _ = hear(depart(HELD), at(9, 120))
    landed = land(level, at(7, 130, 140), 3)
    assert (landed.reading, landed.doubtful, landed.in_flight, landed.parked) == (at(7, 130, 140), False, False, None)


def test_an_event_of_the_moment_of_the_batch_with_another_quantity_leaves_a_doubt() -> None:
    level, _ = hear(depart(HELD), at(6, 135))
    landed = land(level, at(7, 130, 140), 3)
    assert (landed.reading.available, landed.doubtful) == (7, True)


def test_the_newest_of_what_was_parked_counts() -> None:
    level, _ = hear(depart(HELD), at(6, 150))
    level, outcome = hear(level, at(5, 145))
    assert outcome is Heard.OLDER
    assert land(level, None, 0).reading == at(6, 150)


def test_two_parked_events_of_the_same_second_leave_a_doubt() -> None:
    level, _ = hear(depart(HELD), at(6, 150, 160))
    level, _ = hear(level, at(5, 150, 160))
    assert land(level, at(7, 130, 140), 0).doubtful


def test_landing_takes_the_units_off_what_is_pending() -> None:
    assert land(msgspec.structs.replace(HELD, pending=5), at(7, 130, 140), 3).pending == 2


def test_a_reading_is_not_used_while_a_batch_is_under_way() -> None:
    assert reread(depart(HELD), at(3, 200, 210)) == depart(HELD)


def test_without_an_answer_the_lower_quantity_is_shown() -> None:
    lower, _ = hear(depart(HELD), at(6, 150))
    higher, _ = hear(depart(HELD), at(16, 150))
    assert fall_back(lower).reading.available == 6
    assert fall_back(higher) is higher


def test_last_write_wins_takes_an_older_event_for_newer() -> None:
    assert overwrite(HELD, at(99, 1))[0].reading.available == 99


@given(st.permutations(range(8)))
def test_in_whatever_order_events_come_the_newest_is_held_in_the_end(order: list[int]) -> None:
    level = HELD
    for n in order:
        level, _ = hear(level, at(50 + n, 200 + n))
    assert level.reading == at(57, 207)


@given(st.permutations(range(6)), st.integers(0, 6))
def test_a_batch_in_the_midst_of_events_ends_with_the_newest_as_well(order: list[int], when: int) -> None:
    level = depart(HELD)
    for position, n in enumerate(order):
        if position == when:
            level = land(level, at(40, 150, 160), 1)
        level, _ = hear(level, at(50 + n, 200 + n))
    if level.in_flight:
        level = land(level, at(40, 150, 160), 1)
    assert (level.reading, level.doubtful) == (at(55, 205), False)
