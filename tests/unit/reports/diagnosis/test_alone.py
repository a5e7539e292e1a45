"""Without references: what became of order events for whose SKU nothing else came."""

from collections.abc import Collection

import pytest
from msgspec.structs import replace

from stockstorm.reports.diagnosis.alone import Alone, events_alone, lost_note
from stockstorm.reports.diagnosis.applied_twice import AppliedTwice
from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.lacking import Lacking
from stockstorm.reports.diagnosis.lost_alone import LostAlone
from stockstorm.reports.diagnosis.lost_events import lost_and_taken
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    delivered,
    ended,
    history,
    opened,
    order_event,
    planned,
    pushed,
    recorded,
    sold,
    tried,
)

COUNT = 40
EVERY_MS = 1_000


def events(
    lost: Collection[int] = (),
    doubled: Collection[int] = (),
    at_once: Collection[int] = (),
    took_ms: float = 80,
    every_ms: float = EVERY_MS,
    reference: bool = False,
) -> Case:
    """A run of COUNT orders. Those `lost` are not written, and two kinds twice.

    Those `doubled` are written again after a copy of their event, those `at_once` without one.
    """
    facts: list[f.AnyFact | tuple[f.AnyFact, ...]] = []
    version, left = 0, 1_000
    for n in range(COUNT):
        ms = 10 + n * every_ms
        facts += [sold(ms, n, "bazaar", 1), order_event(ms, n, n, "bazaar"), delivered(ms, n)]
        times = [ms + took_ms] if n not in lost else []
        if n in doubled:
            copy = 1_000 + n
            facts.append((replace(planned(ms + 500, copy, n), copy=True), tried(ms + 500, copy), ended(ms + 505, copy)))
            times.append(ms + 500 + took_ms)
        times += [ms + took_ms + 1] if n in at_once else []
        for at_ms in times:
            version, left = version + 1, left - 1
            facts.append(recorded(at_ms, version, -1, left, *([f"bazaar:{n}"] if reference else [])))
        facts.append(pushed(ms + took_ms + 5, "mercado", min(left, 999 - n), left + 1))
    return Case(history(opened(1_000, duration_ms=COUNT * every_ms), *facts), ())


def numbers(found: Alone) -> tuple[list[int], list[int]]:
    return [event.event for event in found.lost], [event.event for event in found.twice]


def test_what_has_no_write_until_the_next_news_is_lost() -> None:
    case = events(lost=range(0, 40, 5))
    assert numbers(events_alone(case)) == (list(range(0, 40, 5)), [])
    bad, good = lost_and_taken(case)
    assert ([event.event for event in bad], len(good)) == (list(range(0, 40, 5)), 32)
    assert lost_note(case)[0].startswith("the service names no orders: this is told of 40 order events")


def test_a_second_write_after_a_copy_counts_twice() -> None:
    found = events_alone(events(doubled=(3, 8, 13)))
    assert numbers(found) == ([], [3, 8, 13])
    assert (found.many_twice, found.many_lost) == (True, False)


def test_two_rows_of_an_event_without_a_copy_count_twice_too() -> None:
    assert numbers(events_alone(events(at_once=(0, 1, 2, 3)))) == ([], [0, 1, 2, 3])


@pytest.mark.parametrize("every_ms", [100, 200])
def test_where_events_come_close_together_nothing_is_told(every_ms: float) -> None:
    found = events_alone(events(lost=range(0, 40, 5), every_ms=every_ms))
    assert numbers(found) == ([], [])


def test_a_slow_subject_is_judged_only_by_what_stands_alone_for_long() -> None:
    assert numbers(events_alone(events(lost=range(0, 40, 5), took_ms=700, every_ms=1_100))) == (
        list(range(0, 40, 5)),
        [],
    )
    late = events_alone(events(lost=range(0, 40, 5), took_ms=1_500))
    assert (late.many_lost, late.many_twice) == (False, False)


def test_a_subject_that_names_its_orders_is_judged_by_them() -> None:
    assert numbers(events_alone(events(lost=range(0, 40, 5), reference=True))) == ([], [])


def test_an_odd_event_without_a_write_is_no_habit() -> None:
    assert not events_alone(events(lost=(7,))).many_lost
    assert lost_note(events(lost=(7,))) == ()


def test_losses_with_nothing_in_common_say_which_causes_fit() -> None:
    case = events(lost=range(0, 40, 5))
    case = Case(case.history, (Check("drift", "invalid", "units are missing"),))
    (found,) = LostAlone()(case)
    assert found.diagnosis.cause.startswith("8 events of 40 had no effect, and nothing was found that they alone have")
    assert "it fits that a full buffer drops what comes" in found.diagnosis.cause
    assert found.diagnosis.explains == ("drift",)
    assert list(Lacking()(case)) == []  # listings lack what was lost


def test_what_counts_twice_is_named_by_its_copies() -> None:
    case = Case(events(doubled=(3, 8, 13)).history, (Check("applied_twice", "invalid", "more than once"),))
    (found,) = AppliedTwice()(case)
    assert found.diagnosis.cause == "all 3 events that were applied twice are delivered more than once"
    assert any("names no orders" in each for each in found.diagnosis.evidence)


def test_what_the_master_is_right_about_at_rest_is_neither_lost_nor_twice() -> None:
    """A write that took long, beside one of another order, looks like a loss and a double."""
    some = range(0, 40, 5)
    for case in (events(lost=some), events(at_once=some)):
        assert numbers(events_alone(case)) != ([], [])
        right = f.FinalStock(case.history.end_ns, SKU, 1, 1, 1)
        assert numbers(events_alone(Case(history(*case.history.facts, right), ()))) == ([], [])


def test_it_is_where_the_master_is_off_to_that_side() -> None:
    some = range(0, 40, 5)
    for case, off in ((events(lost=some), 8), (events(at_once=some), -8)):
        wrong = f.FinalStock(case.history.end_ns, SKU, 100 + off, 100, 1)
        assert numbers(events_alone(Case(history(*case.history.facts, wrong), ()))) == numbers(events_alone(case))
