"""Of several changes that wait for the same write only one is written, or one is left out."""

from typing import Final, Literal

import pytest

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.lost_events import lost_and_taken
from stockstorm.reports.diagnosis.one_of_several import one_of_several, what_fits
from stockstorm.reports.history import History
from stockstorm.reports.verdict.judge import judge
from tests.unit.reports.diagnosis.shop import Change, Shop, diagnosed

TOGETHER: Final = 3
Way = Literal["first", "one by one", "a part of them"]


class Batching(Shop):
    """Three events wait for each write.

    Of them the first is written, or each by itself as it comes, of which two of three are lost, or the last of three.
    """

    def __init__(self, way: Way, *, named: bool) -> None:
        self.way = way
        self.waiting: list[tuple[Change, str]] = []
        super().__init__(named=named, orders=240, counts=lambda one: one.lines[:1])

    def record(self, change: Change, token: str) -> None:
        self.waiting.append((change, token))
        place = len(self.waiting)
        if self.way == "one by one" and place == TOGETHER:
            super().record(*self.waiting[-1])
        if place < TOGETHER:
            return
        waiting, self.waiting = self.waiting, []
        if self.way == "first":
            super().record(*waiting[0])
        elif self.way == "a part of them":
            for one in waiting[:-1]:
                super().record(*one)


def case_of(way: Way, *, named: bool = True) -> Case:
    history = Batching(way, named=named).history()
    return Case(history, judge(history).checks)


def test_the_first_of_those_that_wait_together_is_written() -> None:
    case = case_of("first")
    told = one_of_several(case, lost_and_taken(case)[1])
    assert told.startswith("; each of ")
    assert "writes has a single row, although 3." in told
    assert told.endswith("events came for each: of those that wait together one is written")
    assert any(told in one.cause for one in diagnosed(case.history).values())


@pytest.mark.parametrize("way", ["one by one", "a part of them"])
def test_one_that_writes_each_change_by_itself_or_several_of_them_leaves_none_out_for_that(way: Way) -> None:
    case = case_of(way)
    assert one_of_several(case, lost_and_taken(case)[1]) == ""


def test_a_sound_subject_that_writes_one_by_one() -> None:
    history: History = Shop().history()
    case = Case(history, judge(history).checks)
    assert one_of_several(case, lost_and_taken(case)[1]) == ""


def test_that_one_of_several_is_left_out_is_ruled_out_where_most_are_lost() -> None:
    case = case_of("first")
    assert "of several events" in what_fits(case, 0.3)
    assert what_fits(case, 0.66) == (
        "; it fits that a full buffer drops what comes, that some are dropped by chance, or that a condition decides "
        "that is not looked for here"
    )
