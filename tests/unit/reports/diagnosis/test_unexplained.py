"""Where no cause is proven, the report says what is wrong and which events would fit."""

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.history import facts as f
from tests.unit.reports.diagnosis.shop import Shop, diagnosed

LOST, TWICE = 45, 50  # orders with one line


def test_what_no_cause_explains_is_told_with_the_events_that_fit() -> None:
    times = {LOST: 0, TWICE: 2, 75: 0, 98: 2}
    history = Shop(lambda one: times.get(one.order, 1) if one.kind == "sale" else 1, named=False).history()
    found, notes = diagnose(history, judge(history).checks)
    assert notes == ()
    last = found[-1]
    assert last.name == "unexplained", [one.cause for one in found]
    assert "wrong in the master" in last.cause
    assert last.cause.endswith("and no single cause is proven")
    assert all(" is wrong by " in one for one in last.evidence), last.evidence
    assert "it fits, if " in last.evidence[0]
    assert "referenceDocumentUri" in last.remedy


def test_a_sound_service_and_one_with_a_proven_cause_are_not_told_of_it() -> None:
    assert "unexplained" not in diagnosed(Shop(named=False).history())
    lost = diagnosed(Shop(lambda one: int(one.kind != "returned")).history())
    assert "lost_events" in lost
    assert "unexplained" not in lost


def test_a_run_that_did_not_come_to_rest_is_not_told_of_it() -> None:
    facts = Shop(lambda one: int(one.order != LOST), named=False).history().facts
    cut = History.of([fact for fact in facts if not isinstance(fact, f.QuietReached)])
    assert "unexplained" not in diagnosed(cut)
