"""Which of the causes come first beyond the order of the registry."""

import pytest

from stockstorm.reports.diagnosis.case import Case, Found
from stockstorm.reports.diagnosis.ranking import ranked
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis.shop import Shop


def found(name: str, *covers: str) -> Found:
    return Found(Diagnosis(name, name, ("",), "", ("drift",)), frozenset(covers))


@pytest.mark.parametrize(("events", "named", "first"), [(1, False, "exact_units"), (200, False, "applied_twice"),
                                                        (1, True, "applied_twice")])  # fmt: skip
def test_what_explains_all_units_stands_before_a_few_events_of_a_subject_that_names_none(
    events: int, named: bool, first: str
) -> None:
    history = Shop(lambda _: 2, named=named).history()
    case = Case(history, ())
    numbers = [fact.event for fact in history.all(f.EventFired)][:events]
    causes = [found("applied_twice", *(f"event {number}" for number in numbers)), found("exact_units", "sku SKU-1")]
    assert ranked(causes, case)[0].diagnosis.name == first


def test_what_lasted_for_a_while_comes_last() -> None:
    case = Case(Shop().history(), ())
    while_, rest = Found(Diagnosis("old_over_new", "", ("",), "", ("stale_overwrite",))), found("lacking")
    assert ranked([while_, rest], case) == [rest, while_]


@pytest.mark.parametrize(("stopped_s", "first"), [(3, "stops"), (9, "failures_forgotten")])
def test_an_end_stands_before_the_failure_that_was_its_occasion(stopped_s: int, first: str) -> None:
    """A later one has another cause. What ended sends nothing again, whatever had failed."""
    forgotten = Found(Diagnosis("failures_forgotten", "", ("",), "", ("drift",), ns(3_050)))
    stops = Found(Diagnosis("stops", "", ("",), "", ("drift",), ns(stopped_s * 1_000)))
    names = [one.diagnosis.name for one in ranked([found("poison"), forgotten, stops], Case(Shop().history(), ()))]
    assert names[:2] == ["poison", first]
